/** When a gateway would tell what of the lines of a source that goes on for a while. */
import type { FieldsOf } from '@minewarden/protocol/reading.ts'
import type { SourceLine } from './library.ts'

export interface ToldLine {
  readonly atMs: number
  readonly fields: FieldsOf<'machineLine'>
}

export interface Span {
  readonly beginMs: number
  readonly endMs: number
  /** The examples are gone over again after so long. */
  readonly passMs: number
  readonly scale: number
  /** A number for a line that begins. */
  readonly nextLine: () => number
  /** Lasting lines have been there since then under these numbers, and go on after the span. */
  readonly lasting?: { readonly sinceMs: number; readonly numbers: Map<string, number> }
}

/** A line that begins with its source and is heard to the end of the example goes on from pass to pass. */
const BEGINS_WITHIN_MS = 25_000
const ENDS_WITHIN_MS = 45_000
/** A gateway misses a line for so long before it says that it has ended. */
const MISSED_MS = 20_000

export function scheduleLines(lines: readonly SourceLine[], span: Span): ToldLine[] {
  const { beginMs, endMs, passMs, scale, nextLine } = span
  const lasting = new Set(lines.filter((l) => isLasting(lines, l, passMs)).map((l) => l.fields.line))
  const told: ToldLine[] = []
  const running = new Map<string, ToldLine>()
  const numbers = span.lasting?.numbers ?? new Map<string, number>()
  for (let fromMs = beginMs; fromMs < endMs; fromMs += passMs) {
    for (const { toldMs, fields } of lines) {
      const atMs = fromMs + toldMs
      if (atMs > endMs) continue
      const lasts = lasting.has(fields.line)
      if (lasts && fields.phase === 'ended') continue
      const key = lasts ? `${fields.line}` : `${fields.line}/${fromMs}`
      const line = numbers.get(key) ?? nextLine()
      numbers.set(key, line)
      const sinceMs = (lasts ? (span.lasting?.sinceMs ?? beginMs) : fromMs) + (fields.sinceMs ?? 0)
      const amplitudeMPerS = (fields.amplitudeMPerS ?? 0) * scale
      const one = {
        atMs,
        fields: { ...fields, line, sinceMs, heardMs: fromMs + (fields.heardMs ?? 0), amplitudeMPerS },
      }
      told.push(one)
      if (lasts && span.lasting) continue
      if (fields.phase === 'ended') {
        running.delete(key)
        numbers.delete(key)
      } else running.set(key, one)
    }
  }
  for (const { fields } of running.values()) {
    const heardMs = Math.min(endMs, Math.max(fields.heardMs ?? 0, endMs))
    told.push({ atMs: endMs + MISSED_MS, fields: { ...fields, phase: 'ended', heardMs } })
  }
  return told
}

function isLasting(lines: readonly SourceLine[], { fields }: SourceLine, passMs: number): boolean {
  if ((fields.sinceMs ?? 0) > BEGINS_WITHIN_MS) return false
  const last = lines.findLast((l) => l.fields.line === fields.line)
  return last !== undefined && last.fields.phase !== 'ended' && last.toldMs > passMs - ENDS_WITHIN_MS
}
