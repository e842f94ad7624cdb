using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Binds a query's parameters, all of them and no other.</summary>
internal static class QueryParameters
{
    /// <param name="statement">The statement.</param>
    /// <param name="parameters">The values.</param>
    /// <param name="used">The parameters that were used up before: their values are no surplus; null for none.</param>
    internal static void Bind(DuckDbStatement statement, IReadOnlyDictionary<string, object?> parameters, IReadOnlySet<string>? used = null)
    {
        var names = new HashSet<string>(used ?? Enumerable.Empty<string>(), StringComparer.OrdinalIgnoreCase);
        for (var i = 1; i <= statement.ParameterCount; i++)
        {
            var name = statement.ParameterName(i);
            names.Add(Own(name));
            if (!TryGet(parameters, name, out var value))
            {
                throw TarnException.InvalidInput($"A query's parameters all have a value.", $"${Own(name)}", $"Give {Own(name)} in QueryOptions.Parameters.");
            }

            statement.Bind(i, value);
        }

        foreach (var name in parameters.Keys)
        {
            if (!names.Contains(name))
            {
                throw TarnException.InvalidInput(
                    "Each value given is of a parameter of the query.",
                    name,
                    names.Count == 0 ? "The query has no parameters." : $"Its parameters are {string.Join(", ", names)}.");
            }
        }
    }

    /// <summary>A value by a parameter's name, in any case.</summary>
    internal static bool TryGet(IReadOnlyDictionary<string, object?> parameters, string name, out object? value)
    {
        name = Own(name);
        if (parameters.TryGetValue(name, out value))
        {
            return true;
        }

        foreach (var (key, candidate) in parameters)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        return false;
    }

    /// <summary>The name that the user gave: where some numbers are used up, DuckDB gets names in place of the others (<see cref="SqlRewriter"/>).</summary>
    private static string Own(string name) => name.Length > 1 && name[0] == '_' && char.IsAsciiDigit(name[1]) ? name[1..] : name;
}
