// Command check renders a chart with Helm's engine, and decodes each manifest strictly into the type of its kind. It needs
// no cluster and no helm command.
//
//	go run . ../hookline < sets.json
//
// It reads a JSON object with a set of values by name from standard input, and writes one with the results by name.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	strict "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// kinds returns a new object of each kind that the chart may contain.
var kinds = map[string]func() meta.Object{
	"apps/v1 Deployment":                      func() meta.Object { return &apps.Deployment{} },
	"autoscaling/v2 HorizontalPodAutoscaler":  func() meta.Object { return &autoscaling.HorizontalPodAutoscaler{} },
	"batch/v1 Job":                            func() meta.Object { return &batch.Job{} },
	"monitoring.coreos.com/v1 ServiceMonitor": func() meta.Object { return &monitoring.ServiceMonitor{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() meta.Object { return &networking.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":           func() meta.Object { return &policy.PodDisruptionBudget{} },
	"v1 ConfigMap":                            func() meta.Object { return &core.ConfigMap{} },
	"v1 Secret":                               func() meta.Object { return &core.Secret{} },
	"v1 Service":                              func() meta.Object { return &core.Service{} },
}

// result is what became of one set of values.
type result struct {
	Manifests []json.RawMessage `json:"manifests"`
	Faults    []string          `json:"faults"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	loaded, err := loader.Load(folder)
	if err != nil {
		return err
	}
	if err := loaded.Validate(); err != nil {
		return err
	}
	var sets map[string]map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&sets); err != nil {
		return err
	}
	results := map[string]result{}
	for name, values := range sets {
		results[name] = render(loaded, values)
	}
	return json.NewEncoder(os.Stdout).Encode(results)
}

// render validates the values against the schema of the chart, and the manifests that they lead to.
func render(loaded *chart.Chart, given map[string]any) result {
	release := chartutil.ReleaseOptions{Name: "hookline", Namespace: "work", Revision: 1, IsInstall: true}
	values, err := chartutil.ToRenderValues(loaded, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return result{Faults: []string{err.Error()}}
	}
	files, err := engine.Render(loaded, values)
	if err != nil {
		return result{Faults: []string{err.Error()}}
	}
	all := result{Faults: []string{}}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(file) != ".yaml" {
			continue
		}
		documents := releaseutil.SplitManifests(files[file])
		for _, document := range slices.Sorted(maps.Keys(documents)) {
			manifest, err := decode(documents[document])
			if err != nil {
				all.Faults = append(all.Faults, fmt.Sprintf("%s: %v", file, err))
			}
			all.Manifests = append(all.Manifests, manifest)
		}
	}
	return all
}

// decode accepts no field that its kind does not have, in exactly this spelling, and no field twice.
func decode(document string) (json.RawMessage, error) {
	manifest, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return nil, err
	}
	var kind meta.TypeMeta
	if err := json.Unmarshal(manifest, &kind); err != nil {
		return manifest, err
	}
	create, known := kinds[kind.APIVersion+" "+kind.Kind]
	if !known {
		return manifest, fmt.Errorf("%s %s is not a kind that the check knows", kind.APIVersion, kind.Kind)
	}
	object := create()
	unknown, err := strict.UnmarshalStrict(manifest, object)
	if err != nil {
		return manifest, err
	}
	faults := unknown
	for _, fault := range validation.IsDNS1123Subdomain(object.GetName()) {
		faults = append(faults, fmt.Errorf("name %q: %s", object.GetName(), fault))
	}
	for label, value := range object.GetLabels() {
		for _, fault := range validation.IsValidLabelValue(value) {
			faults = append(faults, fmt.Errorf("label %s: %s", label, fault))
		}
	}
	if len(faults) > 0 {
		return manifest, fmt.Errorf("%s %s: %s", kind.Kind, object.GetName(), joined(faults))
	}
	return manifest, nil
}

func joined(faults []error) string {
	texts := make([]string, len(faults))
	for i, fault := range faults {
		texts[i] = fault.Error()
	}
	return strings.Join(texts, "; ")
}
