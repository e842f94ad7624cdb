using System.Globalization;
using System.Text;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>A filter and an order in SQL that every metadata store understands; what they were given stands in parameters only.</summary>
internal sealed class SearchSql
{
    private readonly SearchScope _scope;
    private readonly bool _likeMindsCase;
    private readonly StringBuilder _where = new();
    private readonly StringBuilder _joins = new();
    private readonly StringBuilder _order = new();
    private int _names;

    /// <summary>Makes it.</summary>
    /// <param name="scope">What is searched.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="orderBy">The order.</param>
    /// <param name="likeMindsCase">Whether the store's LIKE minds the case of letters: PostgreSQL's does; SQLite's does not, there GLOB does.</param>
    public SearchSql(SearchScope scope, string? filter, IReadOnlyList<string> orderBy, bool likeMindsCase)
    {
        (_scope, _likeMindsCase) = (scope, likeMindsCase);
        foreach (var clause in SearchFilter.Parse(filter, scope))
        {
            _where.Append(" AND ").Append(Condition(clause));
        }

        foreach (var term in SearchOrder.Parse(orderBy, scope))
        {
            AddOrder(term);
        }
    }

    /// <summary>The values.</summary>
    public DynamicParameters Values { get; } = new();

    /// <summary>What stands behind FROM and its joins: empty, or joins.</summary>
    public string Joins => _joins.ToString();

    /// <summary>What stands behind a first condition: empty, or conditions that begin with AND.</summary>
    public string Where => _where.ToString();

    /// <summary>What stands before the last terms of an order: empty, or terms that end with a comma.</summary>
    public string Order => _order.ToString();

    private string Condition(SearchClause clause)
    {
        switch (clause.Subject)
        {
            case SearchSubject.Attribute:
                var attribute = _scope.Attributes[clause.Key];
                return attribute.Kind == AttributeKind.Text
                    ? Text(attribute.Column, clause)
                    : $"{attribute.Column} {clause.Comparator} {Add(clause.Number * (attribute.Kind == AttributeKind.Time ? 1000 : 1))}";
            case SearchSubject.Metric:
                return Exists(_scope.Metrics!, $"x.name = {Add(clause.Key)} AND {Number(clause)}");
            case SearchSubject.Dataset:
                return Exists(_scope.Inputs!, Text($"x.{clause.Key}", clause));
            default:
                var entity = clause.Subject == SearchSubject.Param ? _scope.Params! : _scope.Tags!;
                var named = $"x.name = {Add(clause.Key)}";
                return clause.Comparator switch
                {
                    "IS NULL" => "NOT " + Exists(entity, named),
                    "IS NOT NULL" => Exists(entity, named),
                    _ => Exists(entity, $"{named} AND {Text("x.value", clause)}"),
                };
        }
    }

    // What is not a number differs from every number, and compares with none.
    private string Number(SearchClause clause) => clause.Comparator == "!="
        ? $"(x.is_nan = 1 OR x.value <> {Add(clause.Number)})"
        : $"x.is_nan = 0 AND x.value {clause.Comparator} {Add(clause.Number)}";

    private string Text(string column, SearchClause clause) => clause.Comparator switch
    {
        "=" or "!=" => $"{column} {(clause.Comparator == "=" ? "=" : "<>")} {Add(clause.Text!)}",
        "LIKE" => _likeMindsCase ? $"{column} LIKE {Add(Escaped(clause.Text!))} ESCAPE '\\'" : $"{column} GLOB {Add(Glob(clause.Text!))}",
        "ILIKE" => $"lower({column}) LIKE lower({Add(Escaped(clause.Text!))}) ESCAPE '\\'",
        _ => $"{column} {clause.Comparator} ({string.Join(", ", clause.List!.Select(Add))})",
    };

    private static string Exists(SearchEntity entity, string condition) => $"EXISTS (SELECT 1 FROM {entity.Table} x WHERE {entity.Join} AND {condition})";

    private void AddOrder(SearchOrder term)
    {
        var direction = term.Descending ? "DESC" : "ASC";
        if (term.Subject == SearchSubject.Attribute)
        {
            var column = _scope.Attributes[term.Key].Column;
            _order.Append(CultureInfo.InvariantCulture, $"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {direction}, ");
            return;
        }

        var entity = term.Subject switch { SearchSubject.Metric => _scope.Metrics!, SearchSubject.Param => _scope.Params!, _ => _scope.Tags! };
        var alias = string.Create(CultureInfo.InvariantCulture, $"o{_names}");
        _joins.Append(CultureInfo.InvariantCulture, $" LEFT JOIN {entity.Table} {alias} ON {entity.Join.Replace("x.", alias + ".", StringComparison.Ordinal)} AND {alias}.name = {Add(term.Key)}");
        var last = term.Subject == SearchSubject.Metric ? $"CASE WHEN {alias}.value IS NULL THEN 2 ELSE {alias}.is_nan END" : $"CASE WHEN {alias}.value IS NULL THEN 1 ELSE 0 END";
        _order.Append(CultureInfo.InvariantCulture, $"{last}, {alias}.value {direction}, ");
    }

    private string Add(object value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"f{_names++}");
        Values.Add(name, value is string text ? StoredText.Clean(text) : value);
        return "@" + name;
    }

    private static string Escaped(string pattern) => pattern.Replace("\\", "\\\\", StringComparison.Ordinal);

    private static string Glob(string pattern)
    {
        var glob = new StringBuilder(pattern.Length + 8);
        foreach (var c in pattern)
        {
            glob.Append(c switch { '%' => "*", '_' => "?", '*' => "[*]", '?' => "[?]", '[' => "[[]", _ => c.ToString() });
        }

        return glob.ToString();
    }
}
