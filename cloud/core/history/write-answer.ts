/** What a database says to a batch of lines. @see https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint */
export type WriteAnswer =
  | { readonly kind: 'taken' }
  /** The rest was taken. */
  | { readonly kind: 'partly'; readonly why: string; readonly dropped: number; readonly conflict: Conflict | null }
  /** Something in it is not understood, or it is too long: it is to be halved. */
  | { readonly kind: 'indigestible'; readonly why: string }
  /** Database or policy is not there. */
  | { readonly kind: 'unprepared'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** To be tried again. */
  | { readonly kind: 'failed'; readonly why: string }

/** A field whose type there is another than ours. */
export interface Conflict {
  readonly measurement: string
  readonly field: string
}

const CONFLICT = /input field "((?:[^"\\]|\\.)*)" on measurement "((?:[^"\\]|\\.)*)"/
const DROPPED = /dropped=(\d+)/
/** Of what a database says, so much is kept. */
const MAX_WHY_CHARS = 300

export function judgeAnswer(status: number, body: string): WriteAnswer {
  if (status >= 200 && status < 300) return { kind: 'taken' }
  const why = `${status} ${errorText(body)}`.slice(0, MAX_WHY_CHARS)
  if (/database not found|retention policy not found|bucket .*not found/i.test(body)) return { kind: 'unprepared', why }
  if (status === 401 || status === 403) return { kind: 'refused', why }
  if (status === 400 && body.includes('partial write')) return partly(body, why)
  if (status === 400 || status === 413 || status === 422) return { kind: 'indigestible', why }
  return { kind: 'failed', why }
}

function partly(body: string, why: string): WriteAnswer {
  const text = errorText(body)
  const [, field, measurement] = CONFLICT.exec(text) ?? []
  const dropped = Number(DROPPED.exec(text)?.[1] ?? 0)
  const conflict = field !== undefined && measurement !== undefined ? { field, measurement } : null
  return { kind: 'partly', why, dropped, conflict }
}

function errorText(body: string): string {
  try {
    const said: unknown = JSON.parse(body)
    if (typeof said === 'object' && said !== null && 'error' in said) return String(said.error)
  } catch {
    // A proxy's page, or text cut off: as it is.
  }
  return body.replace(/\s+/g, ' ').trim()
}
