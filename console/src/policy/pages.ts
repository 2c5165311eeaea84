// The versions that are shown: the newest, those that decide though they are older, more on request, or one by its number.
import { useEffect, useState } from "preact/hooks";
import { versionsBefore } from "../wire/policies.ts";
import type { VersionOut, VersionsOut } from "../wire/policies.ts";

const PAGE = 100;

interface Shown {
  versions: VersionOut[];
  more: boolean;
  error: unknown;
  // The number that is looked for; "" for none.
  wanted: string;
  find: (wanted: string) => void;
  showOlder: () => void;
}

export function useVersions(name: string, known: VersionsOut): Shown {
  const [page, setPage] = useState<Pick<VersionsOut, "versions" | "more">>(known);
  const [deciding, setDeciding] = useState<VersionOut[]>([]);
  const [wanted, setWanted] = useState("");
  const [found, setFound] = useState<VersionOut[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    setPage(known);
    const numbers = [known.active, known.candidate ?? 0].filter((each) => each > 0 && each < (known.versions.at(-1)?.version ?? 0));
    return asked(Promise.all(numbers.map((each) => one(name, each))).then((each) => each.flat()), setDeciding, setError);
  }, [name, known]);
  useEffect(() => {
    if (wanted !== "") return asked(one(name, Number(wanted)), setFound, setError);
  }, [name, known, wanted]);

  const rest = deciding.filter((each) => !page.versions.some(({ version }) => version === each.version));
  const shown = [...page.versions, ...rest.sort((a, b) => b.version - a.version)];
  return {
    versions: wanted === "" ? shown : found,
    more: wanted === "" && page.more,
    error,
    wanted,
    find: setWanted,
    showOlder: () =>
      void versionsBefore(name, page.versions.at(-1)!.version, PAGE).then(
        (next) => setPage({ versions: [...page.versions, ...next.versions], more: next.more }),
        setError,
      ),
  };
}

// The version of a number, if there is one.
async function one(name: string, version: number): Promise<VersionOut[]> {
  if (!Number.isSafeInteger(version) || version < 1) return [];
  const { versions } = await versionsBefore(name, version + 1, 1);
  return versions.filter((each) => each.version === version);
}

// Take what was asked for, unless something else is asked for before it comes.
function asked<T>(answer: Promise<T>, take: (value: T) => void, refuse: (error: unknown) => void): () => void {
  let current = true;
  answer.then((value) => current && take(value), (error) => current && refuse(error));
  return () => void (current = false);
}
