/** What a server says of itself in the first line of its answer to `HELLO`. */
export interface Greeting {
  /** `SeedLink v3.1 (2020.075 RingServer)`. */
  readonly software: string
  /** Version of the protocol, as far as it tells; 3 otherwise. */
  readonly protocol: number
  /** Words behind `::`, in upper case, such as `BATCH`. */
  readonly capabilities: ReadonlySet<string>
}

const MAX_CAPABILITIES = 64

/**
 * Reads a greeting. SeisComP says `SeedLink v3.3 (2022.070)`; ringserver adds `:: SLPROTO:3.1 CAP EXTREPLY NSWILDCARD
 * BATCH`. Only the words behind `::` are promises.
 * @returns null when it is not a SeedLink server's
 */
export function readGreeting(line: string): Greeting | null {
  const version = /^\s*SeedLink\s+v?(\d{1,2}(?:\.\d{1,4})?)/i.exec(line)
  const [software = '', words = ''] = line.split('::')
  const capabilities = words.trim().toUpperCase().split(/\s+/).filter(Boolean).slice(0, MAX_CAPABILITIES)
  if (!version && capabilities.length === 0) return null
  const stated = capabilities.filter((word) => /^SLPROTO:\d{1,2}(\.\d{1,4})?$/.test(word))
  const versions = stated.map((word) => Number(word.slice(8))).filter((each) => each < 4)
  return {
    software: software.trim().slice(0, 128),
    protocol: versions.length > 0 ? Math.max(...versions) : 3,
    capabilities: new Set(capabilities),
  }
}
