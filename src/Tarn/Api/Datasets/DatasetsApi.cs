using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Tarn.Core;
using Tarn.Training;

namespace Tarn;

/// <summary>Image datasets, to look at.</summary>
internal static class DatasetsApi
{
    private const int LeastSide = 16;
    private const int MostSide = 512;

    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/datasets").WithTags("datasets");
        group.MapGet("/", static async (DatasetReader datasets, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<DatasetView>>([.. (await datasets.ListAsync(cancellation)).Select(static d => d.View())]))
            .WithSummary("The image datasets of the lake, each at its newest version.");
        group.MapGet("/{dataset}", static async (string dataset, long? version, DatasetReader datasets, CancellationToken cancellation) =>
            TypedResults.Ok((await datasets.OpenAsync(dataset, version, cancellation)).Details()))
            .WithSummary("One dataset, at its newest version or at another: images by class and split, formats, sizes, what checks found, who judged by the test images.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{dataset}/images", static async (
            string dataset, long? version, string? label, string? split, string? finding, string? group, int? limit, int? offset, DatasetReader datasets, CancellationToken cancellation) =>
        {
            var (most, from) = (Require.Range("limit", limit ?? 60, 1, 1000), Require.AtLeast("offset", offset ?? 0, 0));
            var (wanted, check) = (Choice<DatasetSplit>("split", split), finding == "any" ? finding : Name(Choice<ImageCheck>("finding", finding)));
            var open = await datasets.OpenAsync(dataset, version, cancellation);
            var images = open.Snapshot.Images.Where(i =>
                (string.IsNullOrEmpty(label) || i.Label == label)
                && (wanted is null || i.Split == wanted)
                && (string.IsNullOrEmpty(group) || i.GroupId == group)
                && (check is null || open.FindingsOf(i.Sha256).Any(f => check == "any" || f.Check == check))).ToList();
            return TypedResults.Ok(new DatasetImagesView(open.Snapshot.Version, images.Count, [.. images.Skip(from).Take(most).Select(open.View)]));
        })
            .WithSummary("A dataset's images in the order of their hashes, a page at a time: all, or those of a class, of a split, of a group that looks alike, or at which a check found something (its name, or any).")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{dataset}/findings", static async (
            string dataset, long? version, string? check, bool? keptOut, int? limit, int? offset, DatasetReader datasets, CancellationToken cancellation) =>
        {
            var (most, from) = (Require.Range("limit", limit ?? 60, 1, 1000), Require.AtLeast("offset", offset ?? 0, 0));
            var wanted = Name(Choice<ImageCheck>("check", check));
            var open = await datasets.OpenAsync(dataset, version, cancellation);
            var findings = open.Findings.Where(f => (wanted is null || f.Check == wanted) && (keptOut is null || f.KeptOut == keptOut)).ToList();
            return TypedResults.Ok(new DatasetFindingsView(open.Snapshot.Version, findings.Count, [.. findings.Skip(from).Take(most)]));
        })
            .WithSummary("What checks found, by check and file, a page at a time: all, that of one check, or only what was kept out (keptOut=true) or only told (false), each with its reason and remedy.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{dataset}/thumbnails/{sha256}", static async (string dataset, string sha256, long? version, int? size, HttpContext http, DatasetReader datasets, CancellationToken cancellation) =>
        {
            var side = Require.Range("size", size ?? 160, LeastSide, MostSide);
            if (sha256.Length != 64 || !sha256.All(char.IsAsciiHexDigitLower))
            {
                throw TarnException.InvalidInput("An image is named by its SHA-256: 64 lower-case hexadecimal digits.", sha256, "See the dataset's images.");
            }

            var picture = await datasets.ThumbnailAsync(dataset, version, sha256, side, cancellation);

            // The hash names the bytes, so what it shows never changes; it is for this reader's own store, not for one that others share.
            http.Response.Headers.CacheControl = "private, max-age=604800, immutable";
            return TypedResults.Bytes(picture, "image/jpeg", entityTag: new EntityTagHeaderValue($"\"{sha256}-{side}\""));
        })
            .Produces<Stream>(StatusCodes.Status200OK, "image/jpeg")
            .WithSummary("A JPEG of an image, or of a file that was kept out, that fits into a square of size pixels (16 to 512, default 160), by the SHA-256 of the file.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static string? Name(ImageCheck? check) => check is { } one ? OpenDataset.NameOf(one) : null;

    private static T? Choice<T>(string name, string? text)
        where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var names = Enum.GetValues<T>().ToDictionary(static v => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()), StringComparer.Ordinal);
        return names.TryGetValue(text, out var value) ? value : throw TarnException.InvalidInput($"{name} is one of {string.Join(", ", names.Keys)}.", text);
    }
}
