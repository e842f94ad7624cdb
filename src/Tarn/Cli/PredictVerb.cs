using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn;

/// <summary><c>predict</c>.</summary>
internal static class PredictVerb
{
    private const int MostFiles = 32;
    private const long MostBytes = 24L << 20;

    public static Command Create(CommandLine cli)
    {
        var model = new Argument<string>("NAME") { Description = "An endpoint, else a registered image model; `endpoints list` and `models list` show them." };
        var images = new Option<string[]>("--images") { Description = "A folder of pictures, with all that is below it: .jpg, .jpeg, .png, .webp, .gif. May be repeated.", HelpName = "DIR" };
        var image = new Option<string[]>("--image") { Description = "A picture, whatever its name. May be repeated.", HelpName = "FILE" };
        var input = new Option<string?>("--input") { Description = "A file with the JSON of a request to the endpoint, as in {\"instances\": [[1, 2]]}; - reads standard input. Needs a running server.", HelpName = "FILE|-" };
        var version = new Option<long?>("--version") { Description = "The version; default the one that the endpoint chooses, else the one that the alias means.", HelpName = "V" };
        var alias = new Option<string?>("--alias") { Description = "The alias; default what the endpoint chooses, else champion.", HelpName = "A" };
        return cli.Verb(
            "predict",
            "Ask an endpoint of a running server, or a registered image model, what pictures show: a line for each file, with --json a JSON object a line. Exit code 1 where a file could not be asked about; its line says why. With --input, ask an endpoint about any inputs, in JSON.",
            ["{0} predict pizza --images photos/ --json", "{0} predict pizza --image dinner.jpg", "{0} predict pizza --images photos/ --version 3", "echo '{{\"instances\": [1.5]}}' | {0} predict half --input -"],
            call =>
            {
                var (folders, pictures, query) = (call.Value(images) ?? [], call.Value(image) ?? [], Query(call.Value(version), call.Value(alias)));
                if (call.Value(input) is { } file)
                {
                    return folders.Length + pictures.Length + query.Length == 0
                        ? EndpointQuestions.SendAsync(call, call.Value(model), cli.Surroundings.CurrentDirectory, file)
                        : throw TarnException.InvalidInput("--input is sent to the endpoint as it is.", file, "Leave --image, --images, --version and --alias out.");
                }

                return RunAsync(call, call.Value(model), query, Files(cli, folders, pictures, call.Terminal));
            },
            model,
            images,
            image,
            input,
            version,
            alias);
    }

    private static string Query(long? version, string? alias) =>
        (version, alias) switch
        {
            (null, null) => "",
            ({ } v, null) => string.Create(CultureInfo.InvariantCulture, $"?version={v}"),
            (null, { } a) => $"?alias={VerbCall.Escape(a)}",
            _ => throw TarnException.InvalidInput("A version is named by its number or by an alias.", $"{version} and {alias}", "Give one of --version and --alias."),
        };

    private static async Task<int> RunAsync(VerbCall call, string model, string query, IReadOnlyList<(string Name, string Path)> files)
    {
        var path = $"/api/v1/models/{VerbCall.Escape(model)}/predict{query}";
        var endpoint = query.Length == 0 ? await EndpointQuestions.FindAsync(call, model).ConfigureAwait(false) : null;
        var grid = endpoint is null ? new Grid("FILE", "LABEL", ">PROBABILITY", ">VERSION", "~ERROR") : new Grid("FILE", "LABEL", ">PROBABILITY", ">VERSION", "VARIANT", "?PREDICTION", "~ERROR");
        var (failed, synthetic) = (0, false);
        using var progress = new Progress(call.Terminal);
        for (var next = 0; next < files.Count;)
        {
            var (batch, bytes) = (new List<(string Name, byte[]? Content, TarnException? Error)>(), 0L);
            while (next < files.Count && batch.Count < MostFiles && bytes < MostBytes)
            {
                var (name, file) = files[next++];
                var (content, error) = Read(file);
                batch.Add((name, content, error));
                bytes += content?.Length ?? 0;
            }

            foreach (var line in await (endpoint is null ? AskAsync(call, path, model, batch) : EndpointQuestions.AskAsync(call, endpoint, batch)).ConfigureAwait(false))
            {
                failed += line.Error is null ? 0 : 1;
                synthetic |= line.Synthetic;
                if (call.Options.Json)
                {
                    call.Terminal.Out.WriteLine(JsonSerializer.Serialize(line, ApiJson.Plain.PredictionView));
                }
                else
                {
                    string?[] said = [line.File, line.Label, line.Probability?.ToString("0.0000", CultureInfo.InvariantCulture), line.ModelVersion == 0 ? "" : line.ModelVersion.ToString(CultureInfo.InvariantCulture)];
                    grid.Add(endpoint is null ? [.. said, line.Error] : [.. said, line.Variant, line.PredictionId, line.Error]);
                }
            }

            progress.Show(string.Create(CultureInfo.InvariantCulture, $"{next} of {files.Count} files"));
        }

        progress.Clear();
        if (!call.Options.Json)
        {
            grid.Write(call.Terminal);
            if (synthetic)
            {
                call.Terminal.Out.WriteLine("The model is synthetic: it was trained on drawn pictures, not on photographs.");
            }
        }

        return failed == 0 ? 0 : 1;
    }

    /// <summary>The lines of some files, in their order.</summary>
    private static async Task<IReadOnlyList<PredictionView>> AskAsync(VerbCall call, string path, string model, List<(string Name, byte[]? Content, TarnException? Error)> batch)
    {
        PredictionsView? answer = null;
        if (batch.Exists(static f => f.Content is not null))
        {
            using var form = new MultipartFormDataContent();
            foreach (var (_, content, _) in batch.Where(static f => f.Content is not null))
            {
                // The name is not sent: the answers come in the order of the files.
                form.Add(new ByteArrayContent(content!), "image", "image");
            }

            answer = VerbCall.Read(await call.Api.PostContentAsync(path, form, call.Cancellation).ConfigureAwait(false), ApiJson.Default.PredictionsView);
        }

        var lines = new List<PredictionView>();
        var answered = 0;
        foreach (var (name, content, error) in batch)
        {
            lines.Add(content is not null ? answer!.Predictions[answered++] with { File = name } : Unread(name, error!, model, answer?.Version ?? 0));
        }

        return lines;
    }

    /// <summary>The line of a file that nothing could be asked about.</summary>
    public static PredictionView Unread(string name, TarnException error, string model, long version) => new()
    {
        File = name,
        Error = error.Value is null ? error.Rule : $"{error.Rule} ({error.Value})",
        Remedy = error.Remedy,
        Model = model,
        ModelVersion = version,
    };

    /// <summary>A file's bytes; an empty one cannot be sent as a part of a form, and is no picture anyway.</summary>
    private static (byte[]? Content, TarnException? Error) Read(string path)
    {
        try
        {
            var bytes = ImageCodec.ReadFile(path);
            if (bytes.Length == 0)
            {
                ImageCodec.Identify(bytes);
            }

            return (bytes, null);
        }
        catch (TarnException error)
        {
            return (null, error);
        }
    }

    private static List<(string Name, string Path)> Files(CommandLine cli, string[] folders, string[] files, Terminal terminal)
    {
        if (folders.Length + files.Length == 0)
        {
            throw TarnException.InvalidInput("`predict` needs pictures.", null, "Give --images DIR or --image FILE.");
        }

        var found = files.Select(f => (f, Path.GetFullPath(f, cli.Surroundings.CurrentDirectory))).ToList();
        foreach (var folder in folders)
        {
            var full = Path.GetFullPath(folder, cli.Surroundings.CurrentDirectory);
            if (File.Exists(full))
            {
                found.Add((folder, full));
                continue;
            }

            if (!Directory.Exists(full))
            {
                throw TarnException.InvalidInput("--images names a folder of pictures that is there.", folder);
            }

            var all = Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
            var pictures = all.Where(static f => ImageCodec.FormatOfName(f) is not null).ToList();
            found.AddRange(pictures.Select(f => (Path.Combine(folder, Path.GetRelativePath(full, f)), f)));
            if (pictures.Count < all.Count)
            {
                terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count - pictures.Count} files of {folder} are not called as pictures, and were passed over; --image FILE asks about one."));
            }

            if (pictures.Count == 0)
            {
                throw TarnException.InvalidInput("A folder of pictures holds files that end in .jpg, .jpeg, .png, .webp or .gif.", folder);
            }
        }

        return found;
    }
}
