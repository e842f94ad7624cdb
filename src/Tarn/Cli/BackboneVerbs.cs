using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using Spectre.Console;
using Tarn.Core;
using Tarn.Training;

namespace Tarn;

/// <summary><c>backbones …</c>.</summary>
internal static class BackboneVerbs
{
    private static readonly string[] Pictures = [".jpg", ".jpeg", ".png", ".webp", ".gif"];

    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "backbones",
        "Backbones: the networks that make embeddings of pictures.",
        ["{0} backbones list", "{0} backbones check classical"],
        List(cli),
        Add(cli),
        Check(cli));

    private static Argument<string> Name() => new("BACKBONE") { Description = "The backbone's name; `backbones list` shows them." };

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the backbones of the catalogue, whether their files are here, and how they want pixels.",
        ["{0} backbones list", "{0} backbones list --json | jq -r '.[] | select(.state == \"absent\").howToGet'"],
        static call => call.ShowAsync("/api/v1/backbones", ApiJson.Default.IReadOnlyListBackboneView, backbones =>
        {
            var grid = new Grid("BACKBONE", "STATE", ">SIZE", "?LAYOUT", "?CHANNELS", "?>SCALE", "~DESCRIPTION");
            foreach (var b in backbones)
            {
                grid.Add(
                    b.Name,
                    b.State,
                    string.Create(CultureInfo.InvariantCulture, $"{b.Width} × {b.Height}"),
                    b.Layout,
                    b.Channels,
                    b.Scale.ToString("0.#####", CultureInfo.InvariantCulture),
                    b.Description);
            }

            grid.Write(call.Terminal);
            if (backbones.Any(static b => b.State == "absent"))
            {
                call.Terminal.Out.WriteLine("For one that is absent, `backbones add BACKBONE` fetches its file, or says how to get it.");
            }
        }));

    private static Command Add(CommandLine cli)
    {
        var name = Name();
        var file = new Option<string?>("--file") { Description = "The network's ONNX file; without it, it is fetched from the catalogue's address.", HelpName = "FILE" };
        var settings = new (string Key, Option<string?> Option)[]
        {
            Setting("url", "Where the file can be fetched.", "URL"),
            Setting("description", "What it is, in a line.", "TEXT"),
            Setting("size", "Pixels of the pictures that it takes: one number, or WIDTH,HEIGHT.", "PIXELS"),
            Setting("layout", "nchw (PyTorch, Caffe; the default) or nhwc (Keras).", "LAYOUT"),
            Setting("channels", "rgb (the default) or bgr (Caffe).", "ORDER"),
            Setting("scale", "What pixels of 0 to 255 are multiplied by first, as 1/255; default 1.", "NUMBER"),
            Setting("mean", "What is subtracted then: one number, or three by commas; default 0.", "NUMBERS"),
            Setting("std", "What it is divided by last: one number, or three by commas; default 1.", "NUMBERS"),
            Setting("resize", "stretch (the default) or crop: the shorter side to size, then the middle.", "POLICY"),
            Setting("short", "For crop: the shorter side before the cut.", "PIXELS"),
            Setting("embedding", "The tensor that is the embedding, output, or auto (the default): before the last dense layer.", "TENSOR"),
        };
        return cli.Verb(
            "add",
            "Add a backbone's file, or fetch it. It is checked, and pinned by its SHA-256. Settings that are not given are the catalogue's.",
            ["{0} backbones add resnet50", "{0} backbones add xception --file xception.onnx", "{0} backbones add mine --file mine.onnx --size 224 --scale 1/255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225"],
            async call =>
            {
                var given = settings.Select(s => (s.Key, Value: call.Value(s.Option))).Where(static s => s.Value is not null)
                    .Select(static s => $"{s.Key}={Uri.EscapeDataString(s.Value!)}").ToList();
                var path = $"/api/v1/backbones/{VerbCall.Escape(call.Value(name))}{(given.Count > 0 ? "?" + string.Join('&', given) : "")}";
                using HttpContent body = call.Value(file) is { } f ? Content(Path.GetFullPath(f, cli.Surroundings.CurrentDirectory)) : new ByteArrayContent([]);
                return call.Show(
                    await call.Api.PostContentAsync(path, body, call.Cancellation).ConfigureAwait(false),
                    ApiJson.Default.BackboneView,
                    b =>
                    {
                        call.Terminal.Out.WriteLine($"{b.Name} is at {b.File}, SHA-256 {b.Sha256}.");
                        call.Terminal.Out.WriteLine($"`backbones check {b.Name} --images DIR` runs it on photographs.");
                    });
            },
            [name, file, .. settings.Select(static s => s.Option)]);
    }

    private static Command Check(CommandLine cli)
    {
        var name = Name();
        var images = new Option<string?>("--images") { Description = $"A picture, or a folder of them (the first {BackboneCheck.MostPictures}); without it pictures are drawn.", HelpName = "PATH" };
        return cli.Verb(
            "check",
            "Run a backbone on pictures: the embedding's size, time, and whether it is of use.",
            ["{0} backbones check classical", "{0} backbones check mobilenetv2 --images photos/"],
            async call =>
            {
                using var form = call.Value(images) is { } p ? Form(Path.GetFullPath(p, cli.Surroundings.CurrentDirectory)) : (HttpContent)new ByteArrayContent([]);
                var json = await call.Api.PostContentAsync($"/api/v1/backbones/{VerbCall.Escape(call.Value(name))}/check", form, call.Cancellation).ConfigureAwait(false);
                var result = VerbCall.Read(json, ApiJson.Default.BackboneCheckResult);
                call.Show(json, ApiJson.Default.BackboneCheckResult, r => Write(call.Terminal, r));
                return result.IsUsable ? 0 : 1;
            },
            name,
            images);
    }

    private static void Write(Terminal terminal, BackboneCheckResult result)
    {
        var to = terminal.Out;
        to.WriteLine(result.Name);
        to.WriteLine($"  embedding        {Grid.Count(result.EmbeddingSize)} numbers, {result.EmbeddingSource}");
        to.WriteLine($"  preparation      {result.Preparation}");
        to.WriteLine($"  time             {Grid.Duration(result.ResizeMilliseconds)} to resize a picture, {Grid.Duration(result.EmbedMilliseconds)} to embed it ({(result.Pictures == 0 ? "drawn pictures" : $"{Grid.Count(result.Pictures)} pictures")})");
        to.WriteLine($"  batches          {(result.TakesBatches ? "yes" : "no: one picture at a time")}");
        to.WriteLine($"  file             SHA-256 {result.Sha256}");
        foreach (var finding in result.Findings)
        {
            terminal.Console.MarkupLine($"  {States.Markup(finding.State)}{new string(' ', Math.Max(1, 9 - finding.State.Length))}{finding.Subject,-12} {Markup.Escape(finding.Detail)}");
        }
    }

    private static (string, Option<string?>) Setting(string key, string description, string value) => (key, new Option<string?>("--" + key) { Description = description, HelpName = value });

    private static StreamContent Content(string path)
    {
        try
        {
            var content = new StreamContent(File.OpenRead(path));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TarnException.InvalidInput($"The file has to be readable: {exception.Message}", path);
        }
    }

    private static MultipartFormDataContent Form(string path)
    {
        var files = Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(static f => Pictures.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal).ToList()
            : [path];
        if (files.Count == 0)
        {
            throw TarnException.InvalidInput($"A folder of pictures holds files that end in {string.Join(", ", Pictures)}.", path);
        }

        // Spread over the folder, whose files may stand in the order of their classes.
        var step = Math.Max(1, files.Count / BackboneCheck.MostPictures);
        var form = new MultipartFormDataContent();
        foreach (var file in files.Where((_, i) => i % step == 0).Take(BackboneCheck.MostPictures))
        {
            form.Add(Content(file), "image", Path.GetFileName(file));
        }

        return form;
    }
}
