import type { EvidenceDocument, WaveformDocument } from '../http/evidence-routes.ts'
import { api } from './api.ts'
import { useEffect, useState } from './view.ts'

/** The evidence of an order as far as it has come; `take` shows what a review answered with. */
export function useEvidence(order: string) {
  const [evidence, setEvidence] = useState<EvidenceDocument | null>(null)
  const [waveforms, setWaveforms] = useState<readonly WaveformDocument[]>([])
  const [failure, setFailure] = useState<string | null>(null)
  useEffect(() => {
    let ended = false
    const failed = (error: Error) => {
      if (!ended) setFailure(error.message)
    }
    api.evidence(order).then((document) => !ended && setEvidence(document), failed)
    api.waveforms(order).then((pictures) => !ended && setWaveforms(pictures), failed)
    return () => {
      ended = true
    }
  }, [order])
  return { evidence, waveforms, failure, take: setEvidence }
}
