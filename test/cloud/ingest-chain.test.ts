import { expect, test } from 'vitest'
import { fakeGateway, startIngestChain } from '../support/ingest-chain.ts'

test('rows of a gateway are committed and acknowledged, each once', async () => {
  await using chain = await startIngestChain(['gw-1'])
  const gateway = fakeGateway('gw-1')
  await gateway.connect(chain.port)
  await gateway.birth()
  for (let sequence = 1; sequence <= 500; sequence++) gateway.sendRow(sequence)
  await gateway.untilAcknowledged(500)

  expect(gateway.acknowledged.toArray()).toEqual([[1, 500]])
  expect(chain.rows.map(({ reading }) => reading.kind === 'power' && reading.fields.activePowerW)).toEqual(
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  expect(chain.journal.read(0, 1_000)).toHaveLength(500)
  await gateway.close()
})
