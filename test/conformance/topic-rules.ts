/** Statements about the names in topics. */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { type DeviceTopic, type NodeTopic, parseTopic, type SparkplugTopic } from '@minewarden/protocol/topics.ts'
import { CHECKS } from './assertions.ts'
import type { Report } from './report.ts'

/** Text that was no UTF-8 shows the replacement character, or half a surrogate pair. */
const BAD_TEXT = /\ufffd|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Reads a topic; `null`, and every reason reported, when it is not of the namespace. */
export function readTopic(report: Report, topic: string): SparkplugTopic | null {
  const [namespace, group = '', type = '', node = '', device] = topic.split('/')
  judgeText(report, { group, node, device })
  try {
    return parseTopic(topic)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  const isDevice = /^D(BIRTH|DATA|DEATH|CMD)$/.test(type)
  if (namespace !== 'spBv1.0') report.violate('topic namespace', topic)
  else if (isDevice && device === undefined) report.violate('device missing', topic)
  else if (/^N(BIRTH|DATA|DEATH|CMD)$/.test(type) && device !== undefined) report.violate('device superfluous', topic)
  else report.violate('topic structure', topic)
  if (`${type} topic` in CHECKS) report.violate(`${type} topic`, topic)
  return null
}

function judgeText(report: Report, names: { [what: string]: string | undefined }): void {
  for (const [what, name] of Object.entries(names)) {
    if (name === undefined) continue
    if (/[+#]/.test(name)) report.violate(`${what} reserved`, name)
    if (BAD_TEXT.test(name)) report.violate(`${what} utf8`, name)
  }
}

/** Ids that differ only by case, over all nodes and devices that gave birth. */
export class CaseRules {
  readonly #spelled = new Map<string, string>()

  judge(report: Report, topic: NodeTopic | DeviceTopic): void {
    const { group, node } = topic
    const ids = [group, `${group}/${node}`, ...(topic.kind === 'device' ? [`${group}/${node}/${topic.device}`] : [])]
    for (const id of ids) {
      const word = id.toLowerCase()
      const spelled = this.#spelled.get(word) ?? id
      if (spelled !== id) report.violate('ids differ by case', `${id} and ${spelled}`)
      this.#spelled.set(word, spelled)
    }
  }
}
