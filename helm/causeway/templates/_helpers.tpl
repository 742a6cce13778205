{{/* 40: a component of up to 10 letters and the hash of a StatefulSet's revision (11) still make a label of 63. */}}
{{- define "causeway.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects: never a version. Takes a dict of root and component. */}}
{{- define "causeway.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "causeway.labels" -}}
{{ include "causeway.selector" . }}
app.kubernetes.io/part-of: causeway
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* The services that run on a loop: stable identities. */}}
{{- define "causeway.loops" -}}
normalizer detector logcluster correlator ranker remediator recorder notifier
{{- end -}}

{{/* Values of a service over the defaults, as JSON. Takes root and component. */}}
{{- define "causeway.settings" -}}
{{- $defaults := deepCopy .root.Values.defaults -}}
{{- $own := deepCopy (index .root.Values .component | default dict) -}}
{{- mergeOverwrite $defaults $own | toJson -}}
{{- end -}}

{{/* One reference for every image. Takes root, component and image (overrides, may be nil). */}}
{{- define "causeway.image" -}}
{{- $base := .root.Values.image -}}
{{- $own := .image | default dict -}}
{{- $registry := .root.Values.global.imageRegistry | default $own.registry | default $base.registry -}}
{{- $repository := $own.repository | default (printf "%s/%s" $base.repository .component) -}}
{{- $tag := $own.tag | default $base.tag | default .root.Chart.AppVersion -}}
{{- if $registry }}{{ trimSuffix "/" $registry }}/{{ end -}}
{{- $repository -}}
{{- if $own.digest }}@{{ $own.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{- define "causeway.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "causeway.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* How every program reaches Kafka, as environment: services, jobs and tests. */}}
{{- define "causeway.kafkaEnv" -}}
- name: CAUSEWAY_KAFKA_BROKERS
  value: {{ required "kafka.brokers is required: host:port,host:port of your Kafka" .Values.kafka.brokers | quote }}
- name: CAUSEWAY_PREFIX
  value: {{ .Values.prefix | quote }}
{{- range $name, $value := .Values.kafka.options }}
- name: CAUSEWAY_KAFKA_{{ $name | upper | replace "." "_" }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- if .Values.kafka.existingSecret }}
{{- with .Values.kafka.secretKeys.username }}
- name: CAUSEWAY_KAFKA_SASL_USERNAME
  valueFrom: {secretKeyRef: {name: {{ $.Values.kafka.existingSecret }}, key: {{ . }}}}
{{- end }}
{{- with .Values.kafka.secretKeys.password }}
- name: CAUSEWAY_KAFKA_SASL_PASSWORD_FILE
  value: /etc/causeway/kafka/{{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "causeway.kafkaMount" -}}
{{- if .Values.kafka.existingSecret -}}
- {name: kafka, mountPath: /etc/causeway/kafka, readOnly: true}
{{- end -}}
{{- end -}}

{{- define "causeway.kafkaVolume" -}}
{{- if .Values.kafka.existingSecret -}}
- name: kafka
  secret: {secretName: {{ .Values.kafka.existingSecret }}, defaultMode: 0440}
{{- end -}}
{{- end -}}

{{/* The secret of a service: name and the key it is read from; empty = none. Takes root, component, settings. */}}
{{- define "causeway.secret" -}}
{{- $v := .root.Values -}}
{{- if eq .component "recorder" -}}
{{- $name := required "postgres.existingSecret is required: a secret with the connection URL" $v.postgres.existingSecret -}}
{{- dict "env" "CAUSEWAY_POSTGRES_URL_FILE" "name" $name "key" $v.postgres.secretKeys.url | toJson -}}
{{- else if and (eq .component "notifier") .settings.existingSecret -}}
{{- dict "env" "CAUSEWAY_NOTIFY_TARGETS_FILE" "name" .settings.existingSecret "key" .settings.secretKeys.targets | toJson -}}
{{- else if and (eq .component "remediator") .settings.existingSecret -}}
{{- dict "env" "CAUSEWAY_AUDIT_KEY_FILE" "name" .settings.existingSecret "key" .settings.secretKeys.auditKey | toJson -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* Scheduling, names and security of a pod. Takes root, component, settings. */}}
{{- define "causeway.podCommon" -}}
{{- $s := .settings -}}
enableServiceLinks: false
automountServiceAccountToken: {{ $s.automountServiceAccountToken }}
serviceAccountName: {{ default (include "causeway.serviceAccount" .root) $s.serviceAccountName }}
terminationGracePeriodSeconds: {{ $s.terminationGracePeriodSeconds }}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext: {{ toYaml $s.podSecurityContext | nindent 2 }}
{{- with $s.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $s.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $s.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $s.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $s.topologySpreadConstraints }}
topologySpreadConstraints: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $s.extraInitContainers }}
initContainers: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Image, resources, probes and security of a container. Takes root, component, settings. */}}
{{- define "causeway.containerCommon" -}}
{{- $s := .settings -}}
image: {{ include "causeway.image" (dict "root" .root "component" .component "image" $s.image) | quote }}
imagePullPolicy: {{ default .root.Values.image.pullPolicy $s.image.pullPolicy }}
securityContext: {{ toYaml $s.securityContext | nindent 2 }}
resources: {{ toYaml $s.resources | nindent 2 }}
livenessProbe:
  httpGet: {path: /-/healthy, port: admin}
  {{- toYaml $s.livenessProbe | nindent 2 }}
readinessProbe:
  httpGet: {path: /-/ready, port: admin}
  {{- toYaml $s.readinessProbe | nindent 2 }}
{{- with $s.extraEnvFrom }}
envFrom: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "causeway.podMeta" -}}
labels:
  {{- include "causeway.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: causeway
  {{- with .settings.podLabels }}{{ toYaml . | nindent 2 }}{{ end }}
annotations:
  checksum/config: {{ toJson (dict "config" .settings.config "policy" .settings.policy) | sha256sum }}
  checksum/topics: {{ toJson (dict "topics" .root.Values.topics.raw "kafka" .root.Values.kafka) | sha256sum }}
  {{- with .settings.podAnnotations }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}
