package main

import (
	"bufio"
	"context"
	"encoding/json"

	v1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// policyRow is the specification of a policy that judges a Deployment which is created in the namespace `shop`, or that
// Deployment, for the rows behind it.
type policyRow struct {
	Object    json.RawMessage `json:"object,omitempty"`
	Spec      json.RawMessage `json:"spec,omitempty"`
	Param     json.RawMessage `json:"param,omitempty"`
	Decisions []decision      `json:"decisions,omitempty"`
}

// decision is one that does not admit, as the API server's words have it.
type decision struct {
	Message string `json:"message"`
	Reason  string `json:"reason,omitempty"`
}

// validator compiles a policy as `compilePolicy` of the plugin does.
func validator(spec v1.ValidatingAdmissionPolicySpec) validating.Validator {
	env, err := cel.NewCompositionEnv(cel.VariablesTypeName, environment.MustBaseEnvSet(version.MajorMinor(1, 35)))
	if err != nil {
		fail(err)
	}
	compiler := cel.NewCompositedCompilerFromTemplate(env)
	all := cel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
	few := cel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil}
	for _, variable := range spec.Variables {
		named := &validating.Variable{Name: variable.Name, Expression: variable.Expression}
		compiler.CompileAndStoreVariable(named, all, environment.StoredExpressions)
	}
	compiled := func(expressions []cel.ExpressionAccessor, options cel.OptionalVariableDeclarations) cel.ConditionEvaluator {
		return compiler.CompileCondition(expressions, options, environment.StoredExpressions)
	}
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		conditions := make([]cel.ExpressionAccessor, len(spec.MatchConditions))
		for index := range spec.MatchConditions {
			conditions[index] = (*matchconditions.MatchCondition)(&spec.MatchConditions[index])
		}
		matcher = matchconditions.NewMatcher(compiled(conditions, all), spec.FailurePolicy, "policy", "validate", "p")
	}
	validations := make([]cel.ExpressionAccessor, len(spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(spec.Validations))
	for index, one := range spec.Validations {
		validations[index] = &validating.ValidationCondition{Expression: one.Expression, Message: one.Message, Reason: one.Reason}
		if one.MessageExpression != "" {
			messages[index] = &validating.MessageExpressionCondition{MessageExpression: one.MessageExpression}
		}
	}
	annotations := make([]cel.ExpressionAccessor, len(spec.AuditAnnotations))
	for index, one := range spec.AuditAnnotations {
		annotations[index] = &validating.AuditAnnotationCondition{Key: one.Key, ValueExpression: one.ValueExpression}
	}
	return validating.NewValidator(compiled(validations, all), matcher, compiled(annotations, all), compiled(messages, few), spec.FailurePolicy)
}

func object(text json.RawMessage) *unstructured.Unstructured {
	if text == nil {
		return nil
	}
	read := &unstructured.Unstructured{}
	if err := read.UnmarshalJSON(text); err != nil {
		fail(err)
	}
	return read
}

func judge(row *policyRow, given json.RawMessage) {
	var spec v1.ValidatingAdmissionPolicySpec
	if err := json.Unmarshal(row.Spec, &spec); err != nil {
		fail(err)
	}
	created := object(given)
	kind := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	resource := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	attributes := admission.NewAttributesRecord(created, nil, kind, "shop", created.GetName(), resource, "", admission.Create, nil, false, &user.DefaultInfo{})
	versioned := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: kind, VersionedObject: created}
	namespace := &corev1.Namespace{}
	namespace.Name = "shop"
	namespace.Labels = map[string]string{"env": "prod"}
	var param runtime.Object
	if given := object(row.Param); given != nil {
		param = given
	}
	result := validator(spec).Validate(context.Background(), resource, versioned, param, namespace, celconfig.RuntimeCELCostBudget, nil)
	for _, one := range result.Decisions {
		if one.Action == validating.ActionDeny {
			row.Decisions = append(row.Decisions, decision{firstLine(one.Message), string(one.Reason)})
		}
	}
	for _, one := range result.AuditAnnotations {
		if one.Action == validating.AuditAnnotationActionError {
			row.Decisions = append(row.Decisions, decision{firstLine(one.Error), ""})
		}
	}
}

// policies reads lines with `object`, or with `spec` and perhaps `param`, and prints them with what the server decides.
func policies(lines *bufio.Scanner, out *bufio.Writer) {
	var given json.RawMessage
	for lines.Scan() {
		var row policyRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			fail(err)
		}
		if row.Object != nil {
			given = row.Object
		} else {
			judge(&row, given)
		}
		write(out, row)
	}
}
