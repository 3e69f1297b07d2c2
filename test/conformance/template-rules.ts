/** Statements about templates: definitions stand in NBIRTHs, instances follow them. */
import { DataType, type Metric, type Template } from '@minewarden/protocol/sparkplug/payload.ts'
import type { NodeMemory } from './node-memory.ts'
import type { Report } from './report.ts'

interface Seen {
  readonly node: NodeMemory
  readonly metric: Metric
  /** NBIRTH, DBIRTH or DATA. */
  readonly type: string
}

const isTemplate = (value: Metric['value']): value is Template =>
  typeof value === 'object' && value !== null && 'isDefinition' in value

/** Takes up what an NBIRTH defines, before its instances are judged: it may stand anywhere among the metrics. */
export function rememberDefinitions(node: NodeMemory, metrics: readonly Metric[]): void {
  for (const { name, value } of metrics)
    if (isTemplate(value) && value.isDefinition) node.definitions.set(name ?? '', value)
}

/** Judges one metric; anything but a template passes. */
export function judgeTemplate(report: Report, { node, metric, type }: Seen): void {
  const { value: template, name = '' } = metric
  if (!isTemplate(template)) return
  judgeParameters(report, template)
  if (template.isDefinition) judgeDefinition(report, { node, metric, type }, template)
  else if (template.templateRef === null || template.templateRef === '') {
    // Neither a reference nor the flag: in an NBIRTH it reads as a definition without its mark, elsewhere as an instance.
    if (type === 'NBIRTH') report.violate('definition flag', `${name} refers to nothing and is not marked a definition`)
    report.violate('instance ref', `${name} does not say what it is an instance of`)
  } else judgeInstance(report, { node, metric, type }, template)
}

function judgeDefinition(report: Report, { metric, type }: Seen, template: Template): void {
  if (type !== 'NBIRTH') {
    report.violate('definition in NBIRTH only', `${metric.name} is defined in ${type}`)
    report.violate('instance flag', `${metric.name} is marked a definition in ${type}`)
  }
  if (template.templateRef !== null)
    report.violate('definition ref', `${metric.name} refers to ${template.templateRef}`)
}

function judgeInstance(report: Report, { node, metric, type }: Seen, instance: Template): void {
  const definition = node.definitions.get(instance.templateRef ?? '')
  if (!definition) {
    report.violate('definition there', `${metric.name} is of ${instance.templateRef}, which no NBIRTH defined`)
    return
  }
  const members = new Set(definition.metrics.map((member) => member.name))
  const parameters = new Set(definition.parameters.map((parameter) => parameter.name))
  const own = new Set(instance.metrics.map((member) => member.name))
  for (const member of own) if (!members.has(member)) report.violate('instance members', `${metric.name}/${member}`)
  for (const { name } of instance.parameters)
    if (!parameters.has(name)) report.violate('instance parameters', `${metric.name}/${name}`)
  if (type === 'DATA') return
  for (const member of members)
    if (!own.has(member)) report.violate('instance members in birth', `${metric.name}/${member}`)
}

function judgeParameters(report: Report, template: Template): void {
  for (const { name, type } of template.parameters)
    if (type !== 0)
      report.demand(type >= DataType.Int8 && type <= DataType.UUID, 'parameter type known', `${name}: ${type}`)
}
