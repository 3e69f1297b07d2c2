import type { PictureDocument } from '../http/probe-documents.ts'
import { api } from './api.ts'
import { useEffect, useState } from './view.ts'

const EACH_MS = 1_000
/** A gateway gives a camera half a minute; its parts go after everything else. */
const PATIENCE_MS = 90_000

/** What comes of a request, until all of it has come, it is refused, or nobody waits any longer. */
export function usePicture(request: string): { readonly picture: PictureDocument | null; readonly isLate: boolean } {
  const [picture, setPicture] = useState<PictureDocument | null>(null)
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    const endsAt = performance.now() + PATIENCE_MS
    let timer: ReturnType<typeof setTimeout> | undefined
    let ended = false
    const look = async () => {
      const now = await api.picture(request).catch(() => null)
      if (ended) return
      if (now) setPicture(now)
      const isDone = now !== null && (now.refusal !== null || (now.expected !== null && now.parts >= now.expected))
      if (isDone) return
      if (performance.now() > endsAt) setIsLate(true)
      else timer = setTimeout(() => void look(), EACH_MS)
    }
    void look()
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [request])
  return { picture, isLate }
}
