// What the server refused, in its own words; where a key would help, the way to give one stands beside it.
import { Refused } from "../wire/http.ts";
import { hrefOf } from "../router.ts";
import { Coded } from "./coded.tsx";
import { key } from "../session.ts";

export function Refusal({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const refused = error instanceof Refused ? error : new Refused(0, "Something went wrong", "");
  return (
    <div class="notice bad" role="alert">
      <p>
        {(refused.status === 0 || refused.detail === "") && <strong>{refused.title}. </strong>}
        <Coded text={refused.detail} />
      </p>
      {refused.status === 401 && (
        <p>
          <a href={hrefOf("sign-in")}>{key() ? "Sign in with another key" : "Sign in with an API key"}</a>
        </p>
      )}
    </div>
  );
}
