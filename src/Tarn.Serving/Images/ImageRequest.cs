using System.Buffers.Text;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Reads pictures as people send them: the file itself as body, a form with files, or JSON with <c>{"url"}</c> or <c>{"image": "base64"}</c> (<c>{"b64"}</c> is the same), one of them or a list under
/// <c>instances</c>.
/// </summary>
internal static class ImageRequest
{
    /// <summary>Pictures of a request at most.</summary>
    public const int Most = 64;

    /// <summary>The pictures; says whether they came as a list, which is answered by one.</summary>
    public static async ValueTask<(List<ImageSource> Images, bool IsList)> ReadAsync(HttpContext http, PooledBuffer body, long limit)
    {
        if (http.Request.HasFormContentType)
        {
            return await FormAsync(http, limit).ConfigureAwait(false);
        }

        using (var read = await RequestBody.ReadAsync(http, limit).ConfigureAwait(false))
        {
            body.Write(read.Written);
        }

        var type = http.Request.ContentType.AsSpan();
        if (type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
        {
            return ([ImageSource.Of(body.WrittenMemory)], false);
        }

        return type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) || type.IsEmpty
            ? Json(body.Written)
            : throw new BadHttpRequestException($"A picture is sent as image/*, multipart/form-data or application/json, not {type}.", StatusCodes.Status415UnsupportedMediaType);
    }

    private static async ValueTask<(List<ImageSource> Images, bool IsList)> FormAsync(HttpContext http, long limit)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        var form = await ReadFormAsync(http, limit).ConfigureAwait(false);
        var images = new List<ImageSource>();
        foreach (var file in form.Files)
        {
            CheckCount(images.Count + 1);
            var bytes = new byte[file.Length];
            var stream = file.OpenReadStream();
            await using (stream.ConfigureAwait(false))
            {
                await stream.ReadExactlyAsync(bytes, http.RequestAborted).ConfigureAwait(false);
            }

            images.Add(ImageSource.Of(bytes));
        }

        foreach (var url in form["url"])
        {
            CheckCount(images.Count + 1);
            images.Add(ImageSource.At(url ?? ""));
        }

        return images.Count > 0 ? (images, images.Count > 1) : throw Form("a form without files");
    }

    private static async Task<IFormCollection> ReadFormAsync(HttpContext http, long limit)
    {
        try
        {
            return await http.Request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = limit, ValueCountLimit = Most * 2 }, http.RequestAborted).ConfigureAwait(false);
        }
        catch (InvalidDataException error)
        {
            throw TarnException.InvalidInput("A form is multipart/form-data as its content type says, and not over its limits.", error.Message, "Send a form with a file for each picture.");
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw TarnException.InvalidInput("A form ends with its closing boundary.", error.Message, "Send all of it.");
        }
    }

    private static (List<ImageSource> Images, bool IsList) Json(ReadOnlySpan<byte> body)
    {
        var json = new JsonScanner(body);
        if (json.Peek() != (byte)'{')
        {
            throw json.Position >= body.Length ? Form("an empty body") : json.Bad("the body");
        }

        var probe = json;
        probe.Position++;
        if (probe.Peek() == (byte)'"' && probe.Name("the body").SequenceEqual("instances"u8))
        {
            json.Position = probe.Position;
            var images = List(ref json);
            json.Expect((byte)'}', "the body");
            json.End();
            return (images, true);
        }

        var image = One(ref json);
        json.End();
        return ([image], false);
    }

    private static List<ImageSource> List(ref JsonScanner json)
    {
        var images = new List<ImageSource>();
        json.Expect((byte)'[', "instances");
        if (!json.Take((byte)']'))
        {
            do
            {
                CheckCount(images.Count + 1);
                images.Add(One(ref json));
            }
            while (json.More((byte)']', "instances"));
        }

        return images.Count > 0 ? images : throw Form("no instances");
    }

    private static ImageSource One(ref JsonScanner json)
    {
        ImageSource? image = null;
        json.Expect((byte)'{', "a picture");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("a picture");
                if (name.SequenceEqual("url"u8) && image is null)
                {
                    image = ImageSource.At(System.Text.Encoding.UTF8.GetString(json.Text("url")));
                }
                else if ((name.SequenceEqual("image"u8) || name.SequenceEqual("b64"u8)) && image is null)
                {
                    image = Decoded(json.Text("image"));
                }
                else
                {
                    throw Form(System.Text.Encoding.UTF8.GetString(name));
                }
            }
            while (json.More((byte)'}', "a picture"));
        }

        return image ?? throw Form("{}");
    }

    /// <summary>A picture in base64, also as the data URL that a browser makes of a file.</summary>
    private static ImageSource Decoded(ReadOnlySpan<byte> text)
    {
        var comma = text.StartsWith("data:"u8) ? text.IndexOf((byte)',') : -1;
        var encoded = text[(comma + 1)..];
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(encoded.Length)];
        return Base64.DecodeFromUtf8(encoded, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            ? ImageSource.Of(bytes.AsMemory(0, written))
            : ImageSource.Of(TarnException.InvalidInput("A picture in JSON is in base64.", "image", "Encode the file's bytes in base64 of RFC 4648, with padding."));
    }

    private static void CheckCount(int count)
    {
        if (count > Most)
        {
            throw TarnException.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"A request has 1 to {Most} pictures."), string.Create(CultureInfo.InvariantCulture, $"more than {Most}"), "Send the others in another request.");
        }
    }

    private static TarnException Form(string value) => TarnException.InvalidInput(
        """A picture is sent as the body (image/jpeg, …), as a file of a form, or as JSON: {"url": "https://…"} or {"image": "base64"}, several as {"instances": […]}.""", value, "Send one of these.");
}
