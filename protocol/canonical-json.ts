import { ProtocolError } from './errors.ts'

/**
 * JSON with one spelling, so that a hash of a document means the same everywhere.
 * @see RFC 8785 (JSON Canonicalization Scheme). What the RFC leaves undefined (numbers that are not finite, lone
 * surrogates, values that JSON has no word for) is refused instead of being guessed.
 */

/** Deeper nesting is refused: it stops a document that was made to exhaust the stack. */
const MAX_DEPTH = 64

/** @throws ProtocolError `document-invalid` for a value that has no canonical form; the message names the place. */
export function canonicalJson(value: unknown): string {
  return write(value, '', 0)
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw invalid(path, `nested deeper than ${MAX_DEPTH}`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value, path)
  if (typeof value === 'string') return writeString(value, path)
  if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}.${i}`, depth + 1)).join(',')}]`
  if (typeof value === 'object') return writeObject(value as Record<string, unknown>, path, depth)
  throw invalid(path, `${typeof value} has no JSON form`)
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw invalid(path, `${value} has no JSON form`)
  // ECMAScript's own number-to-text is what the RFC asks for; it writes -0 as 0.
  return JSON.stringify(value)
}

function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw invalid(path, 'text with half a surrogate pair')
  return JSON.stringify(value)
}

function writeObject(value: Record<string, unknown>, path: string, depth: number): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw invalid(path, 'not a plain object')
  // The default sort compares UTF-16 code units, as RFC 8785 3.2.3 asks.
  const names = Object.keys(value).sort()
  const members = names
    .filter((name) => value[name] !== undefined)
    .map((name) => `${writeString(name, path)}:${write(value[name], path ? `${path}.${name}` : name, depth + 1)}`)
  return `{${members.join(',')}}`
}

const invalid = (path: string, why: string) => new ProtocolError('document-invalid', `${path || 'document'}: ${why}`)

/** SHA-256 in lower-case hexadecimal; text is hashed as UTF-8. */
export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The hash of a document: of its canonical JSON. */
export const documentSha256 = (document: unknown): Promise<string> => sha256Hex(canonicalJson(document))
