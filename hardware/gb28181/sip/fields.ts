/** What stands inside the headers that a registrar needs. Every parser returns `null` for what does not fit. */

export interface Via {
  /** `UDP` or `TCP`. */
  readonly transport: string
  readonly host: string
  readonly port: number | null
  /** Empty when the client sent none. */
  readonly branch: string
  readonly hasRport: boolean
  /** The first value of the header as it came, and what follows after it (with its comma). */
  readonly own: string
  readonly others: string
}

const VIA =
  /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z]{2,8})\s+(\[[\da-fA-F:.]{2,45}\]|[\w.-]{1,255})(?:\s*:\s*(\d{1,5}))?\s*(;.*)?$/

/** The topmost `Via`. */
export function parseVia(value: string): Via | null {
  const comma = value.indexOf(',')
  const own = (comma < 0 ? value : value.slice(0, comma)).trim()
  const match = VIA.exec(own)
  if (!match) return null
  const parameters = match[4] ?? ''
  return {
    transport: match[1]!.toUpperCase(),
    host: match[2]!,
    port: match[3] === undefined ? null : Number(match[3]),
    branch: /;\s*branch\s*=\s*([^;\s]{1,128})/i.exec(parameters)?.[1] ?? '',
    hasRport: /;\s*rport\s*(?:;|=|$)/i.test(parameters),
    own,
    others: comma < 0 ? '' : value.slice(comma),
  }
}

/** The `Via` of a response: where the request really came from. @see RFC 3581 section 4 */
export function answeredVia(via: Via, host: string, port: number): string {
  const own = via.own.replace(/;\s*(?:received|rport)\s*(?:=[^;]*)?(?=;|$)/gi, '')
  return `${own};received=${host}${via.hasRport ? `;rport=${port}` : ''}${via.others}`
}

export interface Address {
  readonly user: string
  readonly tag: string | null
}

/** Who a `From` or `To` names. */
export function parseAddress(value: string): Address | null {
  const user = /(?:^|<)\s*sips?:([^@;>\s:]{1,64})@/i.exec(value)?.[1]
  if (user === undefined) return null
  return { user, tag: /;\s*tag\s*=\s*([^;\s]{1,128})/i.exec(value)?.[1] ?? null }
}

/** Whom a request URI names. */
export const userOf = (uri: string): string | null => /^sips?:([^@;>\s:]{1,64})@/i.exec(uri)?.[1] ?? null

export function parseCSeq(value: string): { readonly number: number; readonly method: string } | null {
  const match = /^(\d{1,10})\s+([A-Z]{3,20})$/.exec(value)
  return match ? { number: Number(match[1]), method: match[2]! } : null
}

const PARAMETER = /\s*([A-Za-z]{1,16})\s*=\s*(?:"((?:[^"\\]|\\.){0,512})"|([^\s,"]{1,512}))\s*(?:,|$)/y

/** The parameters of `Digest name="value", ...`, names in lower case. The same name twice is refused. */
export function parseDigest(value: string): ReadonlyMap<string, string> | null {
  const scheme = /^Digest\s+/i.exec(value)
  if (!scheme) return null
  const parameters = new Map<string, string>()
  for (PARAMETER.lastIndex = scheme[0].length; PARAMETER.lastIndex < value.length; ) {
    const match = PARAMETER.exec(value)
    const name = match?.[1]?.toLowerCase()
    if (!match || !name || parameters.has(name)) return null
    parameters.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '')
  }
  return parameters
}

/** How long a `REGISTER` wants to be registered, in seconds; `null`: it does not say. */
export function expiresOf(expires: string | undefined, contact: string | undefined): number | null {
  const said = /;\s*expires\s*=\s*"?(\d{1,10})/i.exec(contact ?? '')?.[1] ?? expires
  return said !== undefined && /^\d{1,10}$/.test(said) ? Number(said) : null
}
