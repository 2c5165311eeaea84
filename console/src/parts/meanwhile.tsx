// Somebody changed meanwhile what is to be changed here: what it was when one looked, and what it is now.
export interface Side {
  what: string;
  before: string;
  now: string;
}

export interface Theirs {
  // The ETag of what is there now.
  match: string;
  sides: Side[];
}

export function Meanwhile({ sides }: { sides: Side[] }) {
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>Somebody changed it meanwhile.</strong> Nothing of yours was done yet.
      </p>
      <table class="dense">
        <caption class="unseen">What changed meanwhile</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">When you looked</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {sides.map(({ what, before, now }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{before}</td>
              <td>{before === now ? now : <strong>{now}</strong>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
