import type { ReplayDocument } from '../http/tuning-documents.ts'
import { api } from './api.ts'
import { useEffect, useState } from './view.ts'

const EACH_MS = 1000

/** A replay, asked for again each second while it runs. */
export function useReplay(): [ReplayDocument | null, (begun: ReplayDocument) => void] {
  const [replay, setReplay] = useState<ReplayDocument | null>(null)
  const id = replay?.state === 'running' ? replay.id : null
  useEffect(() => {
    if (id === null) return
    let ended = false
    const load = () =>
      api.replay(id).then(
        (document) => !ended && setReplay(document),
        // A lost server is told by the banner; the next second asks again.
        () => undefined,
      )
    const timer = setInterval(() => void load(), EACH_MS)
    return () => {
      ended = true
      clearInterval(timer)
    }
  }, [id])
  return [replay, setReplay]
}
