using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Finds in a query what DuckDB does not know (versions of tables, functions over tables, the catalogue of the lake), and puts names in its place.
/// </summary>
internal sealed class SqlRewriter
{
    private readonly string _sql;
    private readonly IReadOnlyList<QueryToken> _tokens;
    private readonly List<Relation> _relations = [];
    private readonly HashSet<string> _used = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(int Start, int End, string Text)> _pieces = [];
    private bool _usesNumbered;

    private SqlRewriter(string sql)
    {
        _sql = sql;
        _tokens = QueryLexer.Read(sql);
    }

    /// <exception cref="TarnException">A version or a function is not as it must be.</exception>
    public static RewrittenSql Rewrite(string sql)
    {
        var rewriter = new SqlRewriter(sql);
        if (!rewriter.RewriteShow())
        {
            for (var i = 0; i < rewriter._tokens.Count;)
            {
                i = rewriter.Step(i);
            }
        }

        return rewriter.Result();
    }

    private QueryToken? At(int index) => index < _tokens.Count ? _tokens[index] : null;

    private bool IsWord(int index, string word) => At(index)?.Is(word) == true;

    private bool IsSign(int index, string sign) => At(index)?.IsSign(sign) == true;

    /// <summary>SHOW [ALL] TABLES.</summary>
    private bool RewriteShow()
    {
        var tables = IsWord(1, "ALL") ? 2 : 1;
        var end = IsSign(tables + 1, ";") ? tables + 2 : tables + 1;
        if (!IsWord(0, "SHOW") || !IsWord(tables, "TABLES") || end != _tokens.Count)
        {
            return false;
        }

        _relations.Add(new CatalogRelation(Columns: false));
        var columns = tables == 2 ? "*" : "table_schema || '.' || table_name AS name";
        Replace(0, tables, $"SELECT {columns} FROM {RewrittenSql.Schema(0)}.tables ORDER BY ALL");
        return true;
    }

    /// <summary>Looks at what starts at a token.</summary>
    /// <returns>The token to go on with.</returns>
    private int Step(int index)
    {
        var token = _tokens[index];
        if (!token.IsName || (index > 0 && _tokens[index - 1].IsSign(".")))
        {
            return index + 1;
        }

        if (token.Kind == QueryTokenKind.Word && IsSign(index + 1, "(") && SqlFunctions.IsOurs(token.Value))
        {
            return RewriteFunction(index);
        }

        var last = index;
        while (IsSign(last + 1, ".") && At(last + 2)?.IsName == true)
        {
            last += 2;
        }

        if (ReadVersion(last + 1, isName: last > index) is { } version)
        {
            var name = string.Join('.', Enumerable.Range(0, ((last - index) / 2) + 1).Select(i => _tokens[index + (2 * i)].Value));
            var table = TableName.TryParse(name.ToLowerInvariant(), out var parsed) ? parsed : throw new UnknownTable(name);
            return Add(index, version.Last, TokenText(last), new TableRelation(TableReference.Of(table), version.Number, version.Instant));
        }

        if (last == index + 2 && token.Is("information_schema") && (IsWord(last, "tables") || IsWord(last, "columns")))
        {
            return Add(index, last, TokenText(last), new CatalogRelation(IsWord(last, "columns")));
        }

        return last + 1;
    }

    private int RewriteFunction(int index)
    {
        var (call, close) = SqlFunctions.Read(_tokens, index, Argument);
        switch (call.Name)
        {
            case SqlFunctions.Scan:
                var table = new TableReference(null, call.Required("path"), IsLocation: true);
                var version = ReadVersion(close + 1);
                var relation = new TableRelation(table, call.Optional("version") ?? version?.Number, call.Optional("timestamp") ?? version?.Instant);
                return relation is { Version: not null, Timestamp: not null }
                    ? throw TarnException.InvalidInput("A table is read at a version or at a timestamp, not both.", SqlFunctions.Scan, "Leave one of them out.")
                    : Add(index, version?.Last ?? close, call.Name, relation);
            case SqlFunctions.History:
                return Add(index, close, call.Name, new HistoryRelation(Named(call.Required("table"))));
            default:
                return Add(index, close, call.Name, new ChangesRelation(Named(call.Required("table")), call.Required("from"), call.Optional("to")));
        }
    }

    private static TableReference Named(SqlArgument argument) =>
        argument is { Parameter: null, Literal: { } text } && TableName.TryParse(text.ToLowerInvariant(), out var name)
            ? TableReference.Of(name)
            : new TableReference(null, argument, IsLocation: false);

    /// <summary>[FOR] VERSION | TIMESTAMP AS OF value, or AT (VERSION | TIMESTAMP =&gt; value).</summary>
    /// <param name="index">Where it may start.</param>
    /// <param name="isName">Whether a table's name is before it, and not just any word.</param>
    private (SqlArgument? Number, SqlArgument? Instant, int Last)? ReadVersion(int index, bool isName = true)
    {
        int unit, value;
        if (IsWord(index, "AT") && IsSign(index + 1, "(") && IsSign(index + 3, "=>"))
        {
            (unit, value) = (index + 2, index + 4);
        }
        else
        {
            unit = IsWord(index, "FOR") ? index + 1 : index;
            value = unit + 3;
            if (!IsWord(unit + 1, "AS") || !IsWord(unit + 2, "OF"))
            {
                return null;
            }
        }

        var isVersion = IsWord(unit, "VERSION") || IsWord(unit, "SYSTEM_VERSION");
        if ((!isVersion && !IsWord(unit, "TIMESTAMP") && !IsWord(unit, "SYSTEM_TIME")) || (!isName && At(value)?.Kind is not (QueryTokenKind.Text or QueryTokenKind.Number or QueryTokenKind.Parameter)))
        {
            return null;
        }

        var (argument, last) = Argument(value, isVersion ? "VERSION AS OF" : "TIMESTAMP AS OF");
        if (value == index + 4)
        {
            last = IsSign(last + 1, ")") && IsWord(index, "AT") ? last + 1 : last;
        }

        return isVersion ? (argument, null, last) : (null, argument, last);
    }

    /// <summary>A literal or a parameter; a text may have TIMESTAMP, TIMESTAMPTZ or DATE before it.</summary>
    private (SqlArgument Argument, int Last) Argument(int index, string what)
    {
        var at = At(index);
        if (at is { Kind: QueryTokenKind.Word } word && At(index + 1) is { Kind: QueryTokenKind.Text } && (word.Is("TIMESTAMP") || word.Is("TIMESTAMPTZ") || word.Is("DATE")))
        {
            at = At(++index);
        }

        switch (at)
        {
            case { Kind: QueryTokenKind.Text or QueryTokenKind.Number } literal:
                return (new SqlArgument(null, literal.Value, literal.Start), index);
            case { Kind: QueryTokenKind.Parameter } parameter:
                _used.Add(parameter.Value);
                _usesNumbered |= parameter.Value is [>= '0' and <= '9', ..];
                return (new SqlArgument(parameter.Value, null, parameter.Start), index);
            default:
                throw TarnException.InvalidInput(
                    $"{what} takes a literal or a parameter.", at is { } other ? _sql[other.Start..other.End] : "the end of the query", "For example VERSION AS OF 12, or TIMESTAMP AS OF $then.");
        }
    }

    private string TokenText(int index) => _sql[_tokens[index].Start.._tokens[index].End];

    private int Add(int first, int last, string name, Relation relation)
    {
        _relations.Add(relation);
        Replace(first, last, $"{RewrittenSql.Schema(_relations.Count - 1)}.{name}");
        return last + 1;
    }

    private void Replace(int first, int last, string text) => _pieces.Add((_tokens[first].Start, _tokens[last].End, text));

    private RewrittenSql Result()
    {
        if (_usesNumbered)
        {
            // A number that is gone would leave a gap, which DuckDB does not take, or change the numbers of the question marks after it.
            foreach (var token in _tokens)
            {
                if (token.Kind == QueryTokenKind.Parameter && !_pieces.Exists(p => p.Start <= token.Start && token.Start < p.End))
                {
                    _pieces.Add((token.Start, token.End, string.Create(CultureInfo.InvariantCulture, $"${(token.Value is [>= '0' and <= '9', ..] ? "_" : "")}{token.Value}")));
                }
            }

            _pieces.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        }

        var text = new StringBuilder(_sql.Length + 16);
        var places = new List<(int, int, int, int)>(_pieces.Count);
        var done = 0;
        foreach (var (start, end, piece) in _pieces)
        {
            text.Append(_sql, done, start - done);
            places.Add((text.Length, text.Length + piece.Length, start, end));
            text.Append(piece);
            done = end;
        }

        text.Append(_sql, done, _sql.Length - done);
        return new RewrittenSql(_sql, text.ToString(), _relations, _used) { Pieces = places };
    }
}
