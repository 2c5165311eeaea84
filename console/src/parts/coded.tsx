// A sentence of the server's, `what stands so` as code.
export function Coded({ text }: { text: string }) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) || text === "" ? "" : ".");
  return <>{sentence.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
