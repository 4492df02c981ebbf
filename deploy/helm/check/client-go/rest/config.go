// Package rest stands in for the one of client-go.
package rest

// Config would say how to reach a cluster.
type Config struct{}
