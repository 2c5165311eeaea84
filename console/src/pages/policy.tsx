export function PolicyPage({ name }: { name: string }) { return <h1>{name}</h1>; }
