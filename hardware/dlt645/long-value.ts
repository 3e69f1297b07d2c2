import type { Ask, Outcome } from '../meter-bus/question.ts'
import type { MeterAddress } from './address.ts'
import { type Part, partQuestion } from './questions.ts'

/** Frames of a long value; the most that one sequence byte of a sensible meter needs. */
export const MAX_FOLLOWING = 16

/** Reads a value that takes several frames, such as a block of a meter whose frames are short. */
export async function readLong(
  ask: Ask,
  spec: { readonly name: string; readonly address: MeterAddress; readonly identifier: number },
): Promise<Outcome<Uint8Array>> {
  const parts: Part[] = []
  for (let following = 0; following <= MAX_FOLLOWING; following++) {
    const outcome = await ask(partQuestion(spec, following))
    if (outcome.kind === 'failed') return outcome
    parts.push(outcome.value)
    if (!outcome.value.hasMore) return { ...outcome, value: joined(parts) }
  }
  const reason = `${spec.name}: more than ${MAX_FOLLOWING} frames follow`
  return { kind: 'failed', question: spec.name, failure: { kind: 'nonsense', reason } }
}

const joined = (parts: readonly Part[]): Uint8Array => Uint8Array.from(parts.flatMap(({ bytes }) => [...bytes]))
