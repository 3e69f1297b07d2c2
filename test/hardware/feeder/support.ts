import { setTimeout as sleep } from 'node:timers/promises'
import { connectFeeders, type FeederClient } from '@minewarden/hardware/feeder/client.ts'
import {
  createFeederServer,
  type FeederServer,
  type FeederServerDeps,
  type FeederServerOptions,
} from '@minewarden/hardware/feeder/server.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

export const clock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
}

/** Waits until `check` is true, at most 5 s. */
export async function eventually(check: () => boolean): Promise<void> {
  const endsAt = Date.now() + 5_000
  while (!check()) {
    if (Date.now() > endsAt) throw new Error(`never true: ${check}`)
    await sleep(5)
  }
}

export interface Rig extends AsyncDisposable {
  readonly server: FeederServer
  readonly client: FeederClient
  readonly port: number
}

/** A server on a free port with feeders `f-1` and `f-2`, and one client of it. */
export async function rig(
  options: Partial<FeederServerOptions> & Partial<FeederServerDeps> & { requestTimeoutMs?: number } = {},
): Promise<Rig> {
  const server = createFeederServer({ clock, ...options }, { feeders: ['f-1', 'f-2'], port: 0, ...options })
  const port = await server.start()
  const { requestTimeoutMs = 2_000 } = options
  const client = connectFeeders({ host: '127.0.0.1', port, clock, requestTimeoutMs })
  return {
    server,
    client,
    port,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
