// Package scheme stands in for the one of client-go.
package scheme

import "k8s.io/apimachinery/pkg/runtime"

// Scheme is empty: a chart that asks for the versions of a cluster (`.Capabilities.APIVersions`) gets none.
var Scheme = runtime.NewScheme()
