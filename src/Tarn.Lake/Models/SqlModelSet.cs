using System.Security.Cryptography;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The SQL models of some folders, checked together: headers, queries, the tables and columns that they name, that they do not go in a circle, and that
/// Trino would run them too. Immutable.
/// </summary>
public sealed class SqlModelSet
{
    private readonly Dictionary<string, SqlModel> _byName;
    private readonly Dictionary<string, TableSchema> _schemas;

    private SqlModelSet(IReadOnlyList<SqlModel> models, Dictionary<string, TableSchema> schemas)
    {
        Models = models;
        _schemas = schemas;
        _byName = models.ToDictionary(static m => m.Name, StringComparer.Ordinal);
    }

    /// <summary>A set without models.</summary>
    public static SqlModelSet Empty { get; } = new([], []);

    /// <summary>The models, each after those that it needs.</summary>
    public IReadOnlyList<SqlModel> Models { get; }

    /// <summary>Reads and checks the <c>.sql</c> files of folders, and of the folders in them.</summary>
    /// <param name="lake">The lake: its tables are what models may read beside each other.</param>
    /// <param name="folders">Full paths.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TarnException">Something is wrong: the message has all of it, each with file and line. Or a folder is missing.</exception>
    public static async Task<SqlModelSet> LoadAsync(Lake lake, IEnumerable<string> folders, CancellationToken cancellationToken = default)
    {
        var files = new List<(string File, string Text)>();
        foreach (var folder in folders)
        {
            foreach (var file in FilesOf(folder))
            {
                files.Add((file, await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)));
            }
        }

        return await LoadAsync(lake, files, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks models that are given as texts.</summary>
    /// <param name="lake">The lake: its tables are what models may read beside each other.</param>
    /// <param name="files">Each file's name, for errors, and its text.</param>
    /// <param name="cancellationToken">Ends the checking.</param>
    /// <exception cref="TarnException">Something is wrong: the message has all of it, each with file and line.</exception>
    public static async Task<SqlModelSet> LoadAsync(Lake lake, IEnumerable<(string File, string Text)> files, CancellationToken cancellationToken = default)
    {
        var errors = new ModelErrors();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var models = Read(connection, files, errors);
        var sources = await SourcesAsync(lake, models, errors, cancellationToken).ConfigureAwait(false);
        var ordered = ModelGraph.Order(models, errors);
        var binding = new ModelBinding(connection, errors);
        foreach (var (name, schema) in sources)
        {
            binding.Add(name, schema);
        }

        var schemas = new Dictionary<string, TableSchema>(StringComparer.Ordinal);
        foreach (var model in ordered)
        {
            if (binding.Bind(model) is { } schema)
            {
                schemas[model.Name] = schema;
            }
        }

        foreach (var model in ordered)
        {
            binding.CheckTests(model);
        }

        errors.ThrowIfAny();
        return new SqlModelSet(ordered, schemas);
    }

    /// <summary>The model of that name, or null.</summary>
    public SqlModel? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The model of that name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public SqlModel Get(string name) => Find(name) ?? throw TarnException.NotFound(
        "There is no such SQL model.", name, Models.Count == 0 ? "There are none." : $"There are {string.Join(", ", Models.Select(static m => m.Name))}.");

    /// <summary>The columns that a model's query gives, with their descriptions.</summary>
    public TableSchema SchemaOf(SqlModel model) => _schemas[model.Name];

    /// <summary>The models that read a table or view, or whose tests look into it.</summary>
    public IReadOnlyList<string> DownstreamOf(string table) => [.. Models.Where(m => m.Upstream.Contains(table)).Select(static m => m.Name)];

    /// <summary>The paths of a folder's model files, in order.</summary>
    /// <exception cref="TarnException">There is no such folder, or no model in it.</exception>
    internal static IReadOnlyList<string> FilesOf(string folder)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList() : [];
        return files.Count > 0 ? files : throw TarnException.NotFound(
            "A folder of SQL models is there and has .sql files.", folder, "Put them beside the program: in the project file, `<None Update=\"…/*.sql\" CopyToOutputDirectory=\"PreserveNewest\" />`.");
    }

    /// <summary>What the files tell without a lake.</summary>
    internal static List<SqlModel> Read(DuckDbConnection connection, IEnumerable<(string File, string Text)> files, ModelErrors errors)
    {
        var models = new List<SqlModel>();
        foreach (var (file, text) in files)
        {
            if (ModelFile.Cut(file, text, errors) is not { } cut || ModelHeader.Read(cut, errors) is not { } header)
            {
                continue;
            }

            if (models.Find(m => m.Name == header.Name) is { } other)
            {
                errors.Add(file, header.LineOf("name"), $"There is a model `{header.Name}` already, in {other.File}.");
            }
            else if (ModelQuery.Read(connection, header, errors) is { } model)
            {
                models.Add(model with { IsReadable = true, Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8)) });
            }
            else
            {
                // Kept, so that models that read it are not told of an unknown table.
                models.Add(header);
            }
        }

        return models;
    }

    private static async Task<Dictionary<string, TableSchema>> SourcesAsync(Lake lake, List<SqlModel> models, ModelErrors errors, CancellationToken cancellationToken)
    {
        for (var i = models.Count - 1; i >= 0; i--)
        {
            if (await IsTakenAsync(lake, models[i], errors, cancellationToken).ConfigureAwait(false))
            {
                models.RemoveAt(i);
            }
        }

        var names = models.Select(static m => m.Name).ToHashSet(StringComparer.Ordinal);
        var sources = new Dictionary<string, TableSchema>(StringComparer.Ordinal);
        IReadOnlyList<TableName>? there = null;
        foreach (var model in models)
        {
            foreach (var name in model.Upstream.Where(n => !names.Contains(n) && !sources.ContainsKey(n)))
            {
                if (!TableName.TryParse(name, out _) || await SchemaAsync(lake, name, cancellationToken).ConfigureAwait(false) is not { } schema)
                {
                    there ??= [.. await lake.ListTablesAsync(cancellationToken).ConfigureAwait(false), .. models.Select(static m => m.Table)];
                    there = [.. there.Distinct()];
                    var line = model.Tests.FirstOrDefault(t => t.To == name && !model.Reads.Contains(name))?.Line ?? LineOf(model, name);
                    errors.Add(model.File, line, $"There is no table or model {name}. {NearNames.NotFound(name, there).Remedy}");
                    continue;
                }

                sources[name] = schema;
            }
        }

        return sources;
    }

    private static int LineOf(SqlModel model, string table)
    {
        var lines = model.Sql.Split('\n');
        var at = Array.FindIndex(lines, l => l.Contains(table, StringComparison.OrdinalIgnoreCase));
        return model.SqlLine + Math.Max(at, 0);
    }

    private static async Task<TableSchema?> SchemaAsync(Lake lake, string name, CancellationToken cancellationToken)
    {
        if (await lake.Table(name).ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return (await lake.Table(name).SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Schema;
        }

        return (await lake.FindViewAsync(name, cancellationToken).ConfigureAwait(false))?.Schema;
    }

    // A model never takes over a table that something else writes.
    private static async Task<bool> IsTakenAsync(Lake lake, SqlModel model, ModelErrors errors, CancellationToken cancellationToken)
    {
        if (!await lake.Table(model.Name).ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var snapshot = await lake.Table(model.Name).SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!snapshot.Properties.ContainsKey(ModelTable.Property))
        {
            errors.Add(model.File, model.LineOf("name"), $"The table {model.Name} is there already, and no model made it; choose another name.");
        }
        else if (model.Materialization == Materialization.View)
        {
            errors.Add(model.File, model.LineOf("materialized"), $"The table {model.Name} is there already, so that no view can have its name; choose another name, or keep it a table.");
        }
        else
        {
            return false;
        }

        return true;
    }
}
