import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { causeText } from '../../../cloud/console/text/cause.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const ROOMS = ['hardware/gb28181', 'hardware/onvif', 'edge/core/image']

/** Causes that the drivers and the image judge have, read from their sources. */
function causesOfTheCode(): string[] {
  const sources = ROOMS.flatMap((room) =>
    readdirSync(ROOT + room)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(`${ROOT + room}/${file}`, 'utf8')),
  )
  return [...new Set(sources.flatMap((text) => [...text.matchAll(/cause: '([a-z-]+)'/g)].map((found) => found[1]!)))]
}

test('every cause that a driver or the image judge tells has words in both languages', () => {
  const causes = causesOfTheCode()
  expect(causes.length).toBeGreaterThan(25)
  for (const cause of causes) {
    expect([cause, causeText('zh', cause)]).not.toEqual([cause, cause])
    expect([cause, causeText('en', cause)]).not.toEqual([cause, cause])
  }
})

test.each([
  ['flapping:7', '时断时续，一小时内 7 次', 'comes and goes, 7 times within an hour'],
  ['onvif-unreachable', 'ONVIF 服务 无法到达', 'ONVIF service out of reach'],
  ['rtsp-connection-lost', 'RTSP 视频流 连接中断', 'RTSP stream breaks off'],
  ['hung', '无应答', 'does not answer'],
  ['something-newer', 'something-newer', 'something-newer'],
])('%s is %s', (cause, zh, en) => {
  expect([causeText('zh', cause), causeText('en', cause)]).toEqual([zh, en])
})
