import { openSocket } from '@minewarden/edge/shell/mqtt-socket.ts'
import { expect, it } from 'vitest'

it('asks a server at an address for no name, at one of IPv6 with letters neither', async () => {
  const warnings: string[] = []
  const warned = (warning: Error & { code?: string }) => void warnings.push(`${warning.code}: ${warning.message}`)
  process.on('warning', warned)
  for (const url of ['mqtts://[fd00::a]:1', 'mqtts://127.0.0.1:1', 'mqtts://[::1]:1']) {
    const socket = openSocket(new URL(url), { caFile: null, certFile: null, keyFile: null })
    socket.on('error', () => undefined)
    socket.destroy()
  }
  // Warnings are told in the next turn.
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('warning', warned)
  expect(warnings).toEqual([])
})
