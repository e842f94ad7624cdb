using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The functions over tables that stand in FROM, and are ours.</summary>
internal static class SqlFunctions
{
    public const string Scan = "delta_scan";
    public const string History = "table_history";
    public const string Changes = "table_changes";

    private static readonly Dictionary<string, (string[] Names, string Example)> All = new(StringComparer.OrdinalIgnoreCase)
    {
        [Scan] = (["path", "version", "timestamp"], "delta_scan('/data/trips', version => 12)"),
        [History] = (["table"], "table_history('silver.trips')"),
        [Changes] = (["table", "from", "to"], "table_changes('silver.trips', 3, 12)"),
    };

    public static bool IsOurs(string name) => All.ContainsKey(name);

    /// <summary>Reads a call.</summary>
    /// <param name="tokens">The query's tokens.</param>
    /// <param name="index">The function's name.</param>
    /// <param name="argument">Reads a value, and tells its last token.</param>
    /// <returns>The call, and the token of its closing parenthesis.</returns>
    /// <exception cref="TarnException">It is not a call as it must be.</exception>
    public static (FunctionCall Call, int Close) Read(IReadOnlyList<QueryToken> tokens, int index, Func<int, string, (SqlArgument Argument, int Last)> argument)
    {
        var name = tokens[index].Value.ToLowerInvariant();
        var (names, example) = All[name];
        var values = new Dictionary<string, SqlArgument>(StringComparer.OrdinalIgnoreCase);
        var at = index + 2;
        for (var position = 0; !Is(at, ")"); position++)
        {
            if (position > 0)
            {
                at = Is(at, ",") ? at + 1 : throw Bad("its arguments are divided by commas");
            }

            var named = Is(at + 1, "=>") || Is(at + 1, ":=");
            var key = named ? tokens[at].Value.ToLowerInvariant() : position < names.Length && (position == 0 || name == Changes) ? names[position] : throw Bad($"its arguments are {string.Join(", ", names)}");
            if (!names.Contains(key))
            {
                throw Bad($"its arguments are {string.Join(", ", names)}");
            }

            var (value, last) = argument(named ? at + 2 : at, $"{name}'s argument {key}");
            if (!values.TryAdd(key, value))
            {
                throw Bad($"{key} is given once");
            }

            at = last + 1;
        }

        return (new FunctionCall(name, values, example), at);

        bool Is(int i, string sign) => i < tokens.Count && tokens[i].IsSign(sign);

        TarnException Bad(string rule) => TarnException.InvalidInput($"A call of {name} is of the form {example}: {rule}.", name);
    }
}

/// <summary>A call of one of our functions.</summary>
internal sealed record FunctionCall(string Name, IReadOnlyDictionary<string, SqlArgument> Values, string Example)
{
    public SqlArgument? Optional(string name) => Values.GetValueOrDefault(name);

    /// <exception cref="TarnException">It is not given.</exception>
    public SqlArgument Required(string name) =>
        Optional(name) ?? throw TarnException.InvalidInput($"A call of {Name} is of the form {Example}: {name} is given.", Name);
}
