using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>A CSV or Parquet file with a row for each image, read by DuckDB.</summary>
internal sealed class ManifestSource : ImageSource
{
    private readonly string _file;
    private readonly ImageColumns _columns;
    private readonly string _root;

    public ManifestSource(string file, ImageColumns columns, string? root)
    {
        _file = FullPath(file, "A manifest");
        _columns = columns;
        _root = root is null ? System.IO.Path.GetDirectoryName(_file)! : FullPath(root, "The folder of a manifest's images");
        _ = Reader(_file);
    }

    public override string Description => $"the manifest {_file}";

    internal override async IAsyncEnumerable<SourceImage> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var image in await Task.Run(() => Read(cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            yield return image;
        }
    }

    private List<SourceImage> Read(CancellationToken cancellationToken)
    {
        if (!File.Exists(_file))
        {
            throw TarnException.NotFound("A manifest must exist.", _file);
        }

        try
        {
            using var database = DuckDbDatabase.Open();
            using var connection = database.Connect();
            using var result = connection.Query($"SELECT * FROM {Reader(_file)}");
            var reading = _columns.Of([.. result.Columns.Select(static c => c.Name)], Description);
            var images = new List<SourceImage>();
            var row = new object?[result.Columns.Count];
            while (result.Fetch() is { } chunk)
            {
                using (chunk)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    for (var i = 0; i < chunk.Count; i++)
                    {
                        for (var c = 0; c < row.Length; c++)
                        {
                            row[c] = chunk.Column(c).GetValue(i);
                        }

                        images.Add(reading.Read(row, _root));
                    }
                }
            }

            return images;
        }
        catch (DuckDbException error)
        {
            throw new TarnException(ErrorKind.InvalidInput, "A manifest is a CSV file with a header, or a Parquet file.", $"{_file}: {error.Message}", "Correct the file.", error);
        }
    }

    private static string Reader(string file)
    {
        var text = $"'{file.Replace("'", "''", StringComparison.Ordinal)}'";
        return System.IO.Path.GetExtension(file).ToUpperInvariant() switch
        {
            ".CSV" => $"read_csv({text}, header = true, all_varchar = true)",
            ".TSV" => $"read_csv({text}, header = true, all_varchar = true, delim = '\t')",
            ".PARQUET" => $"read_parquet({text})",
            _ => throw TarnException.InvalidInput("A manifest's name ends with .csv, .tsv or .parquet.", file),
        };
    }
}
