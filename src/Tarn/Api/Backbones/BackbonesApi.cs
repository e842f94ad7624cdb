using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Native;
using Tarn.Training;

namespace Tarn;

/// <summary>Backbones.</summary>
internal static class BackbonesApi
{
    private const long PicturesBytes = 64L << 20;

    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/backbones").WithTags("backbones");
        group.MapGet("/", static (BackboneCatalog catalog) =>
            TypedResults.Ok<IReadOnlyList<BackboneView>>([.. catalog.Entries.Select(e => BackboneView.Of(catalog, e))]))
            .WithSummary("The backbones of the catalogue, and whether their files are here.");
        group.MapGet("/{backbone}", static (string backbone, BackboneCatalog catalog) => TypedResults.Ok(BackboneView.Of(catalog, catalog.Find(backbone))))
            .WithSummary("One backbone.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{backbone}", static async (string backbone, HttpContext http, BackboneCatalog catalog, BackboneDownload download) =>
        {
            var entry = BackboneSettings.Read(backbone, http.Request.Query, catalog);
            var file = await BodyAsync(http, BackboneDownload.MostBytes) is { Length: > 0 } given ? given : await download.FetchAsync(entry, http.RequestAborted);
            return TypedResults.Ok(BackboneView.Of(catalog, await Task.Run(() => catalog.Add(entry, file), http.RequestAborted)));
        })
            .WithSummary("Adds a backbone: its ONNX file as the body, or nothing to have it fetched from its address; settings as query parameters. It is checked, stored and pinned by its hash.")
            .Accepts<byte[]>("application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapPost("/{backbone}/check", static async (string backbone, HttpContext http, BackboneCatalog catalog, TimeProvider time) =>
        {
            catalog.Find(backbone);
            var pictures = await PicturesAsync(http);
            return TypedResults.Ok(await Task.Run(() => catalog.Check(backbone, pictures, time), http.RequestAborted));
        })
            .WithSummary("Runs a backbone on pictures (a form with a file for each; none: drawn ones), and says whether its embeddings are of use.")
            .Accepts<IFormFileCollection>("multipart/form-data")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IReadOnlyList<RgbImage>> PicturesAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
        {
            return [];
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = PicturesBytes * 2;
        }

        var form = await http.Request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = PicturesBytes }, http.RequestAborted).ConfigureAwait(false);
        var pictures = new List<RgbImage>();
        foreach (var part in form.Files.Take(BackboneCheck.MostPictures))
        {
            var bytes = new byte[part.Length];
            var stream = part.OpenReadStream();
            await using (stream.ConfigureAwait(false))
            {
                await stream.ReadExactlyAsync(bytes, http.RequestAborted).ConfigureAwait(false);
            }

            pictures.Add(Decode(bytes, part.FileName));
        }

        return pictures;
    }

    private static RgbImage Decode(byte[] bytes, string name)
    {
        try
        {
            return ImageCodec.Decode(bytes);
        }
        catch (TarnException exception)
        {
            throw new TarnException(exception.Kind, exception.Rule, exception.Value is null ? name : $"{name}: {exception.Value}", exception.Remedy, exception);
        }
    }

    /// <summary>The body, which may be larger than others: networks have hundreds of megabytes.</summary>
    private static async Task<byte[]> BodyAsync(HttpContext http, long most)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        if (http.Request.ContentLength is { } length)
        {
            var exact = new byte[length <= most ? length : throw TarnException.InvalidInput($"A backbone's file has at most {most:N0} bytes.", $"{length:N0}")];
            await http.Request.Body.ReadExactlyAsync(exact, http.RequestAborted).ConfigureAwait(false);
            return exact;
        }

        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted).ConfigureAwait(false);
        return buffer.ToArray();
    }
}
