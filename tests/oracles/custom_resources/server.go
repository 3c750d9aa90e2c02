package main

import (
	"fmt"

	extensionshelpers "k8s.io/apiextensions-apiserver/pkg/apihelpers"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/conversion"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder"
	"k8s.io/apiextensions-apiserver/pkg/crdserverscheme"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/version"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/json"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// A server of the versions of one definition.
type server struct {
	definition *extensionsv1.CustomResourceDefinition
	schemas    map[string]*structuralschema.Structural
	strategies map[string]rest.RESTCreateStrategy
	managers   map[string]*managedfields.FieldManager
}

type creator struct{}

func (creator) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	return object, nil
}

type defaulter struct {
	schemas map[string]*structuralschema.Structural
}

func (d defaulter) Default(in runtime.Object) {
	if object, ok := in.(runtime.Unstructured); ok {
		defaulting.Default(object.UnstructuredContent(), d.schemas[in.GetObjectKind().GroupVersionKind().Version])
	}
}

func newServer(text []byte) (*server, error) {
	crd := &extensionsv1.CustomResourceDefinition{}
	if err := json.UnmarshalCaseSensitivePreserveInts(text, crd); err != nil {
		return nil, err
	}
	extensionsv1.SetDefaults_CustomResourceDefinition(crd)
	extensionsv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	// How versions are converted does not matter to one object of one version.
	crd.Spec.Conversion = &extensionsv1.CustomResourceConversion{Strategy: extensionsv1.NoneConverter}
	served := &server{
		definition: crd,
		schemas:    map[string]*structuralschema.Structural{},
		strategies: map[string]rest.RESTCreateStrategy{},
		managers:   map[string]*managedfields.FieldManager{},
	}
	for _, v := range crd.Spec.Versions {
		if err := served.add(v); err != nil {
			return nil, fmt.Errorf("version %s: %w", v.Name, err)
		}
	}
	return served, nil
}

func (s *server) add(v extensionsv1.CustomResourceDefinitionVersion) error {
	crd := s.definition
	kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}
	external, err := extensionshelpers.GetSchemaForVersion(crd, v.Name)
	if err != nil || external == nil {
		return fmt.Errorf("no schema: %v", err)
	}
	internal := &apiextensions.CustomResourceValidation{}
	if err := extensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(external, internal, nil); err != nil {
		return err
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return err
	}
	if err := defaulting.PruneDefaults(structural); err != nil {
		return err
	}
	s.schemas[v.Name] = structural
	validator, _, err := validation.NewSchemaValidatorForVersion(internal.OpenAPIV3Schema, version.MajorMinor(1, 35))
	if err != nil {
		return err
	}
	var status *apiextensions.CustomResourceSubresourceStatus
	var scale *apiextensions.CustomResourceSubresourceScale
	if v.Subresources != nil && v.Subresources.Status != nil {
		status = &apiextensions.CustomResourceSubresourceStatus{}
	}
	if v.Subresources != nil && v.Subresources.Scale != nil {
		scale = &apiextensions.CustomResourceSubresourceScale{}
		if err := extensionsv1.Convert_v1_CustomResourceSubresourceScale_To_apiextensions_CustomResourceSubresourceScale(v.Subresources.Scale, scale, nil); err != nil {
			return err
		}
	}
	strategy := customresource.NewStrategy(
		crdserverscheme.NewUnstructuredObjectTyper(),
		crd.Spec.Scope == extensionsv1.NamespaceScoped,
		kind, validator, nil, structural, status, scale, v.SelectableFields,
	)
	s.strategies[v.Name] = strategy
	spec, err := builder.BuildOpenAPIV3(crd, v.Name, builder.Options{})
	if err != nil {
		return err
	}
	types, err := managedfields.NewTypeConverter(spec.Components.Schemas, crd.Spec.PreserveUnknownFields)
	if err != nil {
		return err
	}
	factory, err := conversion.NewCRConverterFactory(nil, nil)
	if err != nil {
		return err
	}
	safe, _, err := factory.NewConverter(crd)
	if err != nil {
		return err
	}
	reset := strategy.GetResetFields()
	s.managers[v.Name], err = managedfields.NewDefaultCRDFieldManager(
		types, safe, defaulter{s.schemas}, creator{}, kind, kind.GroupVersion(), "", fieldpath.NewExcludeFilterSetMap(reset),
	)
	return err
}

func (s *server) decode(text []byte) (*unstructured.Unstructured, error) {
	content := map[string]any{}
	strict, err := json.UnmarshalStrict(text, &content)
	if err != nil {
		return nil, err
	}
	if len(strict) > 0 {
		return nil, fmt.Errorf("strict decoding error: %v", strict)
	}
	object := &unstructured.Unstructured{Object: content}
	if s.schemas[object.GroupVersionKind().Version] == nil {
		return nil, fmt.Errorf("no such version: %s", object.GetAPIVersion())
	}
	return object, nil
}

// What a server does with an object it decoded, up to storing it.
func (s *server) store(object *unstructured.Unstructured) error {
	strategy := s.strategies[object.GroupVersionKind().Version]
	ctx := genericapirequest.NewContext()
	if strategy.NamespaceScoped() {
		namespace := object.GetNamespace()
		if namespace == "" {
			namespace = "default"
		}
		object.SetNamespace(namespace)
		ctx = genericapirequest.WithNamespace(ctx, namespace)
	} else {
		ctx = genericapirequest.WithNamespace(ctx, "")
	}
	rest.FillObjectMetaSystemFields(object)
	if object.GetGenerateName() != "" && object.GetName() == "" {
		object.SetName(strategy.GenerateName(object.GetGenerateName()))
	}
	return rest.BeforeCreate(strategy, ctx, object)
}

// Create with fieldValidation=Strict: customresource_handler.go, schemaCoercingDecoder and unstructuredSchemaCoercer.
func (s *server) create(text []byte) error {
	object, err := s.decode(text)
	if err != nil {
		return err
	}
	structural := s.schemas[object.GroupVersionKind().Version]
	meta, hasMeta, unknown, err := schemaobjectmeta.GetObjectMetaWithOptions(object.Object, schemaobjectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return err
	}
	if !s.definition.Spec.PreserveUnknownFields {
		options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
		unknown = append(unknown, pruning.PruneWithOptions(object.Object, structural, true, options)...)
		defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, structural)
	}
	fieldErr, paths := schemaobjectmeta.CoerceWithOptions(nil, object.Object, structural, false, schemaobjectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if fieldErr != nil {
		return fieldErr
	}
	if hasMeta {
		if err := schemaobjectmeta.SetObjectMeta(object.Object, meta); err != nil {
			return err
		}
	}
	if unknown = append(unknown, paths...); len(unknown) > 0 {
		return fmt.Errorf("strict decoding error: unknown fields %q", unknown)
	}
	defaulting.Default(object.Object, structural)
	return s.store(object)
}

// Server-side apply of a new object, as Helm 4 does it: patch.go, applyPatcher.
func (s *server) apply(text []byte) error {
	patch, err := s.decode(text)
	if err != nil {
		return err
	}
	if patch.GetName() == "" {
		return s.create(text)
	}
	live, err := creator{}.New(patch.GroupVersionKind())
	if err != nil {
		return err
	}
	applied, err := s.managers[patch.GroupVersionKind().Version].Apply(live, patch, "helm", true)
	if err != nil {
		return err
	}
	return s.store(applied.(*unstructured.Unstructured))
}
