using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>Who calls.</summary>
internal static class Callers
{
    /// <summary>The id of the caller's key, or the subject of its token; null where nobody was asked.</summary>
    public static string? Of(HttpContext http) => http.User.Identity is { IsAuthenticated: true } ? http.User.FindFirst("sub")?.Value ?? http.User.FindFirst(ClaimTypes.NameIdentifier)?.Value : null;
}
