using System.Globalization;
using System.Text.RegularExpressions;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads a model's query: that it is one SELECT of both engines, and which tables it reads.</summary>
internal static partial class ModelQuery
{
    /// <summary>The model with what its query tells; null where it cannot be read.</summary>
    public static SqlModel? Read(DuckDbConnection connection, SqlModel model, ModelErrors errors)
    {
        IReadOnlyList<string> reads;
        try
        {
            reads = [.. SqlInspection.Of(connection, model.Sql).Tables.Select(static t => t.ToString())];
        }
        catch (DuckDbException e)
        {
            Add(model, e, errors);
            return null;
        }
        catch (TarnException e)
        {
            errors.Add(model.File, model.SqlLine, e.Message);
            return null;
        }
        catch (UnknownTable e)
        {
            errors.Add(model.File, model.SqlLine, $"A query's tables are named layer.table; `{e.Name}` is not.");
            return null;
        }

        foreach (var finding in TrinoDialect.Check(connection, model.Sql))
        {
            errors.Add(model.File, model.SqlLine + finding.Line - 1, finding.Text);
        }

        var tests = model.Tests.Where(t => t.To is not null && t.To != model.Name).Select(static t => t.To!);
        return model with { Reads = reads, Upstream = [.. reads.Concat(tests).Distinct(StringComparer.Ordinal)] };
    }

    /// <summary>An error of DuckDB's at its own line.</summary>
    /// <param name="model">The model.</param>
    /// <param name="error">The error.</param>
    /// <param name="errors">Where it goes.</param>
    /// <param name="before">How many lines stood before the query in what DuckDB was given.</param>
    public static void Add(SqlModel model, DuckDbException error, ModelErrors errors, int before = 0)
    {
        var match = Place().Match(error.Message);
        var line = match.Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - before : 1;
        var text = match.Success ? error.Message[..match.Index] : error.Message;
        errors.Add(model.File, model.SqlLine + Math.Max(line, 1) - 1, text.Trim().ReplaceLineEndings(" "));
    }

    [GeneratedRegex(@"\s+LINE (\d+):")]
    private static partial Regex Place();
}
