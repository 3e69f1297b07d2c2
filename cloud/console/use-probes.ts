import type { ProbesDocument } from '../http/probe-documents.ts'
import { api } from './api.ts'
import { model } from './model.ts'
import { useEffect, useState } from './view.ts'

/** Statuses change seldom; a fault is on the page within this. */
const EACH_MS = 5_000

export interface ProbesState {
  /** `null` until they were read once; what was read stays when the server is lost. */
  readonly document: ProbesDocument | null
  /** Why they could not be read last. */
  readonly failure: string | null
}

/** All probes and their counts, read again every few seconds; while they are not wanted, none. */
export function useProbes(isWanted = true): ProbesState {
  const [state, setState] = useState<ProbesState>({ document: null, failure: null })
  useEffect(() => {
    if (!isWanted) return
    let ended = false
    const load = () =>
      api.probes().then(
        (document) => !ended && setState({ document, failure: null }),
        (error: Error) => !ended && setState((before) => ({ ...before, failure: error.message })),
      )
    void load()
    const timer = setInterval(() => void load(), EACH_MS)
    const endWatch = model.missed.watch(() => void load())
    return () => {
      ended = true
      clearInterval(timer)
      endWatch()
    }
  }, [isWanted])
  return state
}
