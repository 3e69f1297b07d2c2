/** The STATE message: whether a host application is online. @see Eclipse Sparkplug 3.0, section 6.4.26 */
import { z } from 'zod'
import { check, describeProblems, ProtocolError } from '../errors.ts'

/**
 * `timestamp` is UTC milliseconds of the host's CONNECT in birth and will, of the present in a clean stop. Keys that
 * are not the specification's are allowed and dropped.
 */
export const HostState = z.object({
  online: z.boolean(),
  timestamp: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
})
export type HostState = z.infer<typeof HostState>

/** A STATE payload is a few dozen bytes; longer ones are not parsed. */
const MAX_STATE_BYTES = 1024

export const encodeState = ({ online, timestamp }: HostState): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ online, timestamp }))

/** @throws ProtocolError `document-invalid`, naming the field */
export function parseState(bytes: Uint8Array): HostState {
  if (bytes.length > MAX_STATE_BYTES) throw new ProtocolError('document-invalid', `STATE of ${bytes.length} bytes`)
  const result = check(HostState, parseJson(bytes))
  if (!result.ok) throw new ProtocolError('document-invalid', `STATE: ${describeProblems(result.problems)}`)
  return result.value
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new ProtocolError('document-invalid', 'STATE: not JSON', cause)
  }
}
