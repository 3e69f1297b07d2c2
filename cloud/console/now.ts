import { model } from './model.ts'
import { useStore } from './store.ts'
import { useEffect, useState } from './view.ts'

/** The server's time, milliseconds, anew each second. */
export function useNow(): number {
  const skewMs = useStore(model.skewMs)
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now + skewMs
}
