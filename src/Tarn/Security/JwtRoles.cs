using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Tarn;

/// <summary>The role that a token's claim means.</summary>
internal sealed class JwtRoles(JwtOptions options)
{
    /// <summary>The highest role that the claim names; none where it names no role of ours, or is not there.</summary>
    public AccessRole Of(JsonWebToken token)
    {
        if (!TryFind(token, out var claim))
        {
            return AccessRole.None;
        }

        return claim.ValueKind switch
        {
            JsonValueKind.String => Of(claim.GetString()!),
            JsonValueKind.Array => claim.EnumerateArray().Where(static e => e.ValueKind == JsonValueKind.String).Select(e => One(e.GetString()!)).DefaultIfEmpty().Max(),
            _ => AccessRole.None,
        };
    }

    private bool TryFind(JsonWebToken token, out JsonElement claim)
    {
        using var payload = JsonDocument.Parse(Base64UrlText(token.EncodedPayload));
        var found = payload.RootElement.TryGetProperty(options.RoleClaim, out claim);
        if (!found)
        {
            claim = payload.RootElement;
            foreach (var name in options.RoleClaim.Split('.'))
            {
                if (claim.ValueKind != JsonValueKind.Object || !claim.TryGetProperty(name, out claim))
                {
                    return false;
                }
            }
        }

        claim = claim.Clone();
        return true;
    }

    private AccessRole Of(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(One).DefaultIfEmpty().Max();

    private AccessRole One(string value) =>
        options.AdminRoles.Contains(value, StringComparer.Ordinal) ? AccessRole.Admin
        : options.OperatorRoles.Contains(value, StringComparer.Ordinal) ? AccessRole.Operator
        : options.ViewerRoles.Contains(value, StringComparer.Ordinal) ? AccessRole.Viewer
        : AccessRole.None;

    private static byte[] Base64UrlText(string encoded) => System.Buffers.Text.Base64Url.DecodeFromChars(encoded);
}
