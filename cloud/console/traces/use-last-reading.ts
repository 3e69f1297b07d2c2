import { model } from '../model.ts'
import { useEffect, useState } from '../view.ts'

/** Time of a gateway's newest reading: what the site's document says, moved on by what comes live. */
export function useLastReading(gateway: string, known: string | null): string | null {
  const [live, setLive] = useState<string | null>(null)
  useEffect(() => {
    setLive(null)
    return model.readings.watch((reading) => {
      if (reading.gateway === gateway) setLive((before) => later(before, reading.measuredAt))
    })
  }, [gateway])
  return later(known, live)
}

/** ISO times of one form sort as text. */
const later = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a)
