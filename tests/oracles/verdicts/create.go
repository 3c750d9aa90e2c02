package main

import (
	"context"
	"encoding/json"
	"fmt"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	apiservice "k8s.io/kubernetes/pkg/api/service"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	api "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	// Time zones are found as on the server, wherever this runs.
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingadmissionpolicy"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
	_ "time/tzdata"
)

var crdScheme = runtime.NewScheme()

// The default of --service-node-port-range.
var nodePorts = utilnet.PortRange{Base: 30000, Size: 2768}

// Kinds are those of objects.yaml and two more that own pods.
var strategies map[string]rest.RESTCreateStrategy

func init() {
	apiextensionsinstall.Install(crdScheme)
	metav1.AddToGroupVersion(crdScheme, schema.GroupVersion{Version: "v1"})
	utilruntime.Must(apiextensions.AddToScheme(crdScheme))
	capabilities.Setup(true, 0)
	strategies = map[string]rest.RESTCreateStrategy{
		"ClusterRole":                    clusterrole.Strategy,
		"ClusterRoleBinding":             clusterrolebinding.Strategy,
		"ConfigMap":                      configmap.Strategy,
		"CronJob":                        cronjob.Strategy,
		"CSIDriver":                      csidriver.Strategy,
		"CustomResourceDefinition":       customresourcedefinition.NewStrategy(crdScheme),
		"DaemonSet":                      daemonset.Strategy,
		"Deployment":                     deployment.Strategy,
		"EndpointSlice":                  endpointslice.Strategy,
		"Endpoints":                      endpoint.Strategy,
		"HorizontalPodAutoscaler":        horizontalpodautoscaler.Strategy,
		"Ingress":                        ingress.Strategy,
		"IngressClass":                   ingressclass.Strategy,
		"Job":                            job.Strategy,
		"Lease":                          lease.Strategy,
		"LimitRange":                     limitrange.Strategy,
		"MutatingWebhookConfiguration":   mutatingwebhookconfiguration.Strategy,
		"Namespace":                      namespace.Strategy,
		"NetworkPolicy":                  networkpolicy.Strategy,
		"PersistentVolume":               persistentvolume.Strategy,
		"PersistentVolumeClaim":          persistentvolumeclaim.Strategy,
		"Pod":                            pod.Strategy,
		"PodDisruptionBudget":            poddisruptionbudget.Strategy,
		"PriorityClass":                  priorityclass.Strategy,
		"ReplicaSet":                     replicaset.Strategy,
		"ReplicationController":          replicationcontroller.Strategy,
		"ResourceQuota":                  resourcequota.Strategy,
		"Role":                           role.Strategy,
		"RoleBinding":                    rolebinding.Strategy,
		"RuntimeClass":                   runtimeclass.Strategy,
		"Secret":                         secret.Strategy,
		"Service":                        service.Strategy,
		"ServiceAccount":                 serviceaccount.Strategy,
		"StatefulSet":                    statefulset.Strategy,
		"StorageClass":                   storageclass.Strategy,
		"ValidatingAdmissionPolicy":      validatingadmissionpolicy.NewStrategy(nil, nil),
		"ValidatingWebhookConfiguration": validatingwebhookconfiguration.Strategy,
	}
}

// create treats an object as the API server does, up to its admission plugins and its store.
func create(ctx context.Context, text []byte) (err error) {
	// A server answers 500 where its code panics.
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	var head metav1.TypeMeta
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	gvk := head.GroupVersionKind()
	strategy, ok := strategies[gvk.Kind]
	if !ok {
		return fmt.Errorf("no strategy for %v", gvk)
	}
	scheme := legacyscheme.Scheme
	if gvk.Group == apiextensions.GroupName {
		scheme = crdScheme
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	internal := schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal}
	object, _, err := codecs.UniversalDecoder(internal).Decode(text, &gvk, nil)
	if err != nil {
		return err
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	plural, _ := meta.UnsafeGuessKindToResource(gvk)
	request := &genericapirequest.RequestInfo{
		IsResourceRequest: true,
		Verb:              "create",
		APIGroup:          gvk.Group,
		APIVersion:        gvk.Version,
		Resource:          plural.Resource,
		Name:              accessor.GetName(),
	}
	ctx = genericapirequest.WithRequestInfo(ctx, request)
	if strategy.NamespaceScoped() {
		if accessor.GetNamespace() == "" {
			accessor.SetNamespace("default")
		}
		ctx = genericapirequest.WithNamespace(ctx, accessor.GetNamespace())
	} else {
		ctx = genericapirequest.WithNamespace(ctx, metav1.NamespaceNone)
	}
	rest.FillObjectMetaSystemFields(accessor)
	if service, ok := object.(*api.Service); ok {
		if err := allocate(service); err != nil {
			return err
		}
	}
	return rest.BeforeCreate(strategy, ctx, object)
}

// allocate prepares a service as the server's store does before validation: it gives it addresses of one family, and
// takes the node ports that it requests from the default range.
func allocate(service *api.Service) error {
	if service.Spec.Type == api.ServiceTypeExternalName {
		return nil
	}
	if service.Spec.IPFamilyPolicy == nil {
		single := api.IPFamilyPolicySingleStack
		service.Spec.IPFamilyPolicy = &single
	}
	if len(service.Spec.IPFamilies) == 0 {
		service.Spec.IPFamilies = []api.IPFamily{api.IPv4Protocol}
	}
	if len(service.Spec.ClusterIPs) == 0 && service.Spec.ClusterIP != "" {
		service.Spec.ClusterIPs = []string{service.Spec.ClusterIP}
	}
	var ports []int32
	if service.Spec.Type == api.ServiceTypeNodePort || service.Spec.Type == api.ServiceTypeLoadBalancer {
		for _, port := range service.Spec.Ports {
			ports = append(ports, port.NodePort)
		}
	}
	if apiservice.NeedsHealthCheck(service) {
		ports = append(ports, service.Spec.HealthCheckNodePort)
	}
	for _, port := range ports {
		if port != 0 && !nodePorts.Contains(int(port)) {
			return fmt.Errorf("port %d of a node is not in the range %v", port, nodePorts)
		}
	}
	return nil
}
