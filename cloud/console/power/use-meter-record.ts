import type { ReadingDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import type { SensorAddress } from '../traces/use-trace.ts'
import { useEffect, useState } from '../view.ts'
import {
  EMPTY_RECORD,
  type MeterReading,
  type MeterRecord,
  RECORD_QUESTIONS,
  readingsOf,
  withReading,
} from './meter-record.ts'

/** Of one question; more are thinned by the server. */
const MAX_POINTS = 5000
/** Live readings that may come while the history is asked. */
const MOST_HEARD = 200
const KINDS: ReadonlySet<string> = new Set(RECORD_QUESTIONS.map(({ kind }) => kind))

/** What is known of a meter beside its present power: the history first, then live. */
export function useMeterRecord({ site, gateway, sensor }: SensorAddress): {
  readonly record: MeterRecord
  readonly failure: string | null
} {
  const [record, setRecord] = useState(EMPTY_RECORD)
  const [failure, setFailure] = useState<string | null>(null)
  useEffect(() => {
    let ended = false
    let heard: MeterReading[] = []
    const load = async () => {
      const nowMs = Date.now() + model.skewMs.get()
      const ask = async ({ kind, fields, backMs }: (typeof RECORD_QUESTIONS)[number]) => {
        const question = { site, gateway, sensor, kind, fields, maxPoints: MAX_POINTS }
        return readingsOf(await api.trace({ ...question, fromMs: nowMs - backMs, toMs: nowMs + 1000 }))
      }
      try {
        const readings = (await Promise.all(RECORD_QUESTIONS.map(ask))).flat()
        if (ended) return
        setRecord([...readings, ...heard].reduce(withReading, EMPTY_RECORD))
        setFailure(null)
      } catch (error) {
        if (!ended) setFailure((error as Error).message)
      }
    }
    const take = (reading: ReadingDocument) => {
      if (reading.gateway !== gateway || reading.sensor !== sensor || !KINDS.has(reading.kind)) return
      const one = { kind: reading.kind, atMs: Date.parse(reading.measuredAt), fields: reading.fields }
      heard = [...heard, one].slice(-MOST_HEARD)
      setRecord((before) => withReading(before, one))
    }
    setRecord(EMPTY_RECORD)
    void load()
    const endings = [model.readings.watch(take), model.missed.watch(() => void load())]
    return () => {
      ended = true
      for (const end of endings) end()
    }
  }, [site, gateway, sensor])
  return { record, failure }
}
