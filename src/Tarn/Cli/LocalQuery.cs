using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>
/// A query that this process answers itself, because it names files: the user's own shell may read what the user may read, a server may not. It needs no server and no data
/// directory; the lake's own tables, where there are some, are read beside the files.
/// </summary>
internal static class LocalQuery
{
    /// <returns>The answer, as the API gives it.</returns>
    public static async Task<byte[]> RunAsync(CommandLine cli, VerbOptions options, QueryRequest request, CancellationToken cancellation)
    {
        var surroundings = cli.Surroundings;
        var time = surroundings.Time;
        var directory = options.DataDirectory(cli.Program, surroundings);
        var layers = ConfigurationLayers.Build(cli.Program.Configuration, directory, surroundings.Environment, options.Settings());
        var errors = new List<OptionError>();
        var section = layers.Root.GetSection("Lake");
        var lakeOptions = OptionsReader.Read<LakeOptions>(section, errors, LakeStorePlan.StoreKey, LakeStorePlan.S3Key);
        var plan = LakeStorePlan.Read(section, errors);
        if (errors.Count > 0)
        {
            throw OptionError.ToException(errors, layers.SourceOf);
        }

        var ids = IdSource.Create(time);
        var start = time.GetTimestamp();
        var store = plan.OpenToRead(directory, time, ids, NullLoggerFactory.Instance);
        using var disposable = store as IDisposable;
        var lake = new Lake.Lake(store, lakeOptions with { ReadableFolders = ["/"], WorkingFolder = surroundings.CurrentDirectory }, time, ids, NullLoggerFactory.Instance)
        {
            OpenStore = location => plan.OpenElsewhere(location, time, ids, NullLoggerFactory.Instance),
        };
        await using (lake.ConfigureAwait(false))
        {
            var query = new QueryOptions { AsOf = TableViews.ParseAsOf(request.AsOf), MaxRows = request.MaxRows, Parameters = QueryArguments.Read(request.Parameters) };
            var result = await lake.Sql.QueryAsync(request.Sql!, query, cancellation).ConfigureAwait(false);
            await using (result.ConfigureAwait(false))
            {
                using var answer = new MemoryStream();
                var pipe = PipeWriter.Create(answer, new StreamPipeWriterOptions(leaveOpen: true));
                await ResultJson.WriteAsync(() => pipe, result, writer => ResultJson.WriteEnd(writer, result, time.GetElapsedTime(start)), cancellation).ConfigureAwait(false);
                await pipe.CompleteAsync().ConfigureAwait(false);
                return answer.ToArray();
            }
        }
    }
}
