import type { ReadingDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useEffect, useState } from '../view.ts'
import type { SensorAddress } from './use-trace.ts'

/** A probe repeats its status at each birth; a day back finds it. */
const LOOK_BACK_MS = 24 * 3_600_000

/** The newest status of a camera probe; `null` while nothing is known. */
export function useProbeStatus(address: SensorAddress): string | null {
  const [status, setStatus] = useState<string | null>(null)
  const { site, gateway, sensor } = address
  useEffect(() => {
    let heardLive = false
    const load = async () => {
      const toMs = Date.now() + model.skewMs.get()
      const question = { site, gateway, sensor, kind: 'probe', fields: ['status'], maxPoints: 100 }
      const trace = await api.trace({ ...question, fromMs: toMs - LOOK_BACK_MS, toMs: toMs + 1000 })
      const newest = trace.series[0]?.values.at(-1)
      if (!heardLive && typeof newest === 'string') setStatus(newest)
    }
    const take = (reading: ReadingDocument) => {
      if (reading.kind !== 'probe' || reading.gateway !== gateway || reading.sensor !== sensor) return
      heardLive = true
      setStatus(String(reading.fields.status))
    }
    setStatus(null)
    load().catch(() => undefined)
    return model.readings.watch(take)
  }, [site, gateway, sensor])
  return status
}
