/** Where a message came from, and hence where an answer goes. */
export interface Peer {
  readonly transport: 'UDP' | 'TCP'
  readonly host: string
  readonly port: number
  /** Our own address as the other side sees it. */
  readonly localHost: string
  readonly localPort: number
  /** Which connection; `null` for UDP. */
  readonly connection: number | null
}

/** An address as a URI or `Via` writes it. */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
