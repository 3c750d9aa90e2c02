package main

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// printed is a value as an expression that has it; the entries of a mapping are sorted by their keys.
func printed(value ref.Val) string {
	switch v := value.(type) {
	case types.Null:
		return "null"
	case types.Bool, types.Int:
		return fmt.Sprintf("%v", v.Value())
	case types.Uint:
		return fmt.Sprintf("%du", uint64(v))
	case types.Double:
		number := float64(v)
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Sprintf("double(%q)", strconv.FormatFloat(number, 'g', -1, 64))
		}
		text := strconv.FormatFloat(number, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case types.String:
		return strconv.Quote(string(v))
	case types.Bytes:
		return "b" + strconv.Quote(string(v))
	case types.Duration:
		return fmt.Sprintf("duration(\"%dns\")", v.Duration.Nanoseconds())
	case types.Timestamp:
		return fmt.Sprintf("timestamp(%q)", v.Time.Format(time.RFC3339Nano))
	case *types.Optional:
		if !v.HasValue() {
			return "optional.none()"
		}
		return "optional.of(" + printed(v.GetValue()) + ")"
	case *types.Type:
		return "type(" + v.TypeName() + ")"
	case apiservercel.Quantity:
		return "quantity(" + strconv.FormatFloat(v.Quantity.AsApproximateFloat64(), 'g', -1, 64) + ")"
	case *apiservercel.Quantity:
		return "quantity(" + strconv.FormatFloat(v.Quantity.AsApproximateFloat64(), 'g', -1, 64) + ")"
	case apiservercel.IP:
		return fmt.Sprintf("ip(%q)", v.Addr.String())
	case apiservercel.CIDR:
		return fmt.Sprintf("cidr(%q)", v.Prefix.String())
	case apiservercel.URL:
		return fmt.Sprintf("url(%q)", v.URL.String())
	case apiservercel.Semver:
		return fmt.Sprintf("semver(%q)", v.Version.String())
	case apiservercel.Format:
		return fmt.Sprintf("format(%q)", v.Name)
	case traits.Lister:
		var items []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, printed(it.Next()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case traits.Mapper:
		var entries []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, printed(key)+": "+printed(v.Get(key)))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	default:
		return fmt.Sprintf("%T", value)
	}
}
