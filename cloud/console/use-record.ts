import { api } from './api.ts'
import { model } from './model.ts'
import { useState } from './view.ts'

/** Sends one record of an order; `failure` is what the server says against it. */
export function useRecord(order: string, done: () => void) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const send = (what: Parameters<typeof api.record>[1], body: object) => {
    setBusy(true)
    api.record(order, what, body).then(
      (taken) => {
        model.takeOrder(taken)
        done()
      },
      (error: Error) => {
        setFailure(error.message)
        setBusy(false)
      },
    )
  }
  return { busy, failure, send }
}
