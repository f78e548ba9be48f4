{{- define "relay.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "relay.selector" -}}
app.kubernetes.io/name: pulsar-relay
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: relay
{{- end -}}

{{- define "relay.labels" -}}
{{ include "relay.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "valkey.name" -}}
{{ include "relay.name" . }}-valkey
{{- end -}}

{{- define "valkey.selector" -}}
app.kubernetes.io/name: valkey
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: store
{{- end -}}

{{- define "valkey.host" -}}
{{- if .Values.valkey.install -}}
{{ include "valkey.name" . }}
{{- else -}}
{{ required "valkey.host: several relays need a Valkey that they share" .Values.valkey.host }}
{{- end -}}
{{- end -}}

{{/* The name of the port for clients: it says what is spoken there. */}}
{{- define "relay.port" -}}
{{ ternary "https" "http" (ne .Values.tls.secretName "") }}
{{- end -}}

{{- define "relay.servicePort" -}}
{{ .Values.service.port | default (ternary 443 80 (ne .Values.tls.secretName "")) }}
{{- end -}}

{{/* Secrets of the configuration: each one's key there, in the environment's spelling, and its key in the secret. */}}
{{- define "relay.secrets" -}}
JWT_SECRET_KEY: {{ .Values.secret.jwtSecretKey }}
VALKEY_PASSWORD: {{ .Values.secret.valkeyPasswordKey }}
BOOTSTRAP_ADMIN_PASSWORD: {{ .Values.secret.adminPasswordKey }}
{{- with .Values.secret.metricsTokenKey }}
METRICS_TOKEN: {{ . }}
{{- end }}
{{- range $key, $from := .Values.secret.others }}
{{ upper $key }}: {{ $from }}
{{- end }}
{{- range $name, $provider := .Values.oidcProviders }}
{{- with $provider.clientSecretKey }}
OIDC__PROVIDERS__{{ upper $name }}__CLIENT_SECRET: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A probe: Kubernetes has no certificate to show where clients need one. There the container asks itself, by the relay's own. */}}
{{- define "relay.probe" -}}
{{- if .root.Values.tls.clientCaKey -}}
exec: {command: ["/usr/local/lib/pulsar-relay/health", {{ .of | quote }}]}
{{- else if .root.Values.tls.secretName -}}
httpGet: {path: /health/{{ .of }}, port: https, scheme: HTTPS}
{{- else -}}
httpGet: {path: /health/{{ .of }}, port: http}
{{- end -}}
{{- end -}}

{{/* The ports of servers that the configuration names by URLs: a collector, identity providers, issuers, the receiver of documents. */}}
{{- define "relay.outgoingPorts" -}}
{{- $urls := pick .Values.config "otlp_endpoint" "documents_webhook_url" | values -}}
{{- range concat (values .Values.oidcProviders) (values .Values.tokenIssuers) -}}
{{- $urls = concat $urls (pick . "discovery_url" "issuer" "token_endpoint" "jwks_uri" "userinfo_endpoint" | values) -}}
{{- end -}}
{{- $ports := list -}}
{{- range $urls -}}
{{- if regexMatch "^https?://" . -}}
{{- $url := urlParse . -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https"))) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | sortAlpha | join " " -}}
{{- end -}}
