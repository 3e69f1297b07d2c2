import type { TraceDocument } from '../../http/documents.ts'
import type { Fields, PanelSpec } from './panels.ts'
import type { TraceBuffer } from './trace-buffer.ts'

/** Puts a stretch of history into the buffer: fields measured together are read together. */
export function fill(buffer: TraceBuffer, trace: TraceDocument, spec: PanelSpec): void {
  const fromMs = Date.parse(trace.from)
  const rows = new Map<string, { timeMs: number; channel: string | null; fields: Record<string, Fields[string]> }>()
  for (const series of trace.series) {
    series.offsetsMs.forEach((offset, index) => {
      const key = `${series.channel} ${offset}`
      const row = rows.get(key) ?? { timeMs: fromMs + offset, channel: series.channel, fields: {} }
      row.fields[series.field] = series.values[index] ?? null
      rows.set(key, row)
    })
  }
  const inOrder = [...rows.values()].sort((a, b) => a.timeMs - b.timeMs)
  for (const row of inOrder) buffer.add(row.timeMs, known(spec.points(row.fields, row.channel)))
}

/** Thinning keeps different moments of different fields: a value that cannot be told at one is no gap there. */
const known = (points: Readonly<Record<string, number | null>>): Record<string, number | null> =>
  Object.fromEntries(Object.entries(points).filter(([, value]) => value !== null))
