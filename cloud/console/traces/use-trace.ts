import type { ReadingDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useEffect, useRef, useState } from '../view.ts'
import { fill } from './fill.ts'
import type { PanelSpec } from './panels.ts'
import { createTraceBuffer, type TraceBuffer } from './trace-buffer.ts'

/** One sensor's place in the world. */
export interface SensorAddress {
  readonly site: string
  readonly gateway: string
  readonly sensor: string
}

/** A chart has no use for more points than a wall screen has columns. */
const MAX_POINTS = 1500
/** Charts are drawn anew at most this often. */
const REDRAW_MS = 500

export interface Trace {
  readonly buffer: TraceBuffer
  /** Rises whenever the buffer has changed. */
  readonly version: number
  readonly failure: string | null
}

/** A sensor's readings of the last `spanMs`: the history first, then live. */
export function useTrace(address: SensorAddress, spec: PanelSpec, spanMs: number): Trace {
  const buffer = useRef(createTraceBuffer()).current
  const [version, setVersion] = useState(0)
  const [failure, setFailure] = useState<string | null>(null)
  const { site, gateway, sensor } = address

  useEffect(() => {
    let ended = false
    let dirty = false
    const serverNow = () => Date.now() + model.skewMs.get()
    const load = async () => {
      const toMs = serverNow()
      const question = { site, gateway, sensor, kind: spec.kind, fields: spec.fields, maxPoints: MAX_POINTS }
      try {
        const trace = await api.trace({ ...question, fromMs: toMs - spanMs, toMs: toMs + 1000 })
        if (ended) return
        fill(buffer, trace, spec)
        setFailure(null)
      } catch (error) {
        if (!ended) setFailure((error as Error).message)
      }
      dirty = true
    }
    const take = (reading: ReadingDocument) => {
      if (reading.gateway !== gateway || reading.sensor !== sensor || reading.kind !== spec.kind) return
      buffer.add(Date.parse(reading.measuredAt), spec.points(reading.fields, reading.channel))
      dirty = true
    }
    const redraw = setInterval(() => {
      if (!dirty) return
      dirty = false
      buffer.dropBefore(serverNow() - spanMs)
      setVersion((before) => before + 1)
    }, REDRAW_MS)
    buffer.clear()
    void load()
    const endings = [model.readings.watch(take), model.missed.watch(() => void load())]
    return () => {
      ended = true
      clearInterval(redraw)
      for (const end of endings) end()
    }
  }, [site, gateway, sensor, spec, spanMs, buffer])

  return { buffer, version, failure }
}
