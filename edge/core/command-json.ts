import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'

/** What a command's value holds as JSON text; `undefined` when it is none, or longer than `maxChars`. */
export function parseCommandJson(value: MetricValue | null, maxChars: number): unknown {
  if (typeof value !== 'string' || value.length > maxChars) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
