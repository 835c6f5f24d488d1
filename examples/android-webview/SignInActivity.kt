// The SignIn Widget inside an Android app: your page in one WebView, the bank in a second one.
package org.example.signin

import android.annotation.SuppressLint
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.os.Message
import android.view.ViewGroup
import android.webkit.CookieManager
import android.webkit.WebChromeClient
import android.webkit.WebResourceRequest
import android.webkit.WebView
import android.webkit.WebViewClient
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.OnBackPressedCallback
import androidx.webkit.WebViewCompat
import androidx.webkit.WebViewFeature
import org.json.JSONObject

class SignInActivity : ComponentActivity() {
    private lateinit var screen: FrameLayout
    private lateinit var page: WebView
    private val banks = ArrayDeque<BankWindow>()

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        screen = FrameLayout(this)
        setContentView(screen)
        page = webView()
        page.webChromeClient = Windows()
        screen.addView(page)
        listen()
        onBackPressedDispatcher.addCallback(this, Back())
        if (savedInstanceState == null) page.loadUrl(PAGE) else page.restoreState(savedInstanceState)
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        page.saveState(outState)
    }

    override fun onDestroy() {
        while (banks.isNotEmpty()) close(banks.last())
        page.destroy()
        super.onDestroy()
    }

    /** What both windows need; the bank's pages are as much the web as ours. */
    @SuppressLint("SetJavaScriptEnabled")
    private fun webView() = WebView(this).apply {
        settings.javaScriptEnabled = true
        settings.domStorageEnabled = true
        settings.setSupportMultipleWindows(true)
        settings.javaScriptCanOpenWindowsAutomatically = true
        settings.allowFileAccess = false
        CookieManager.getInstance().setAcceptThirdPartyCookies(this, true)
        webViewClient = Addresses()
    }

    /** `window.Android` exists on our own page only: no frame in it and no bank can speak to the app. */
    private fun listen() {
        check(WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER))
        WebViewCompat.addWebMessageListener(page, "Android", setOf(ORIGIN)) { _, message, _, isMainFrame, _ ->
            if (isMainFrame) tell(JSONObject(message.data ?: "{}"))
        }
    }

    private fun tell(said: JSONObject) = when (said.optString("name")) {
        "success" -> onSuccess(said.getString("sessionId"), said.getString("sessionIdSignature"))
        "error" -> onError(said.optString("cause"))
        else -> Unit
    }

    /** The pair goes to your server, which has the API key and starts the import. */
    private fun onSuccess(sessionId: String, sessionIdSignature: String) {
        val result = Intent().putExtra("sessionId", sessionId).putExtra("sessionIdSignature", sessionIdSignature)
        setResult(Activity.RESULT_OK, result)
        finish()
    }

    /** The widget offers another try itself; this is for your statistics. */
    private fun onError(cause: String) {
        setResult(Activity.RESULT_CANCELED, Intent().putExtra("cause", cause))
    }

    private fun close(window: BankWindow) {
        banks.remove(window)
        screen.removeView(window)
        window.web.destroy()
    }

    /** `window.open` is a second WebView on top, `window.close` takes it away. */
    private inner class Windows : WebChromeClient() {
        override fun onCreateWindow(view: WebView, isDialog: Boolean, isUserGesture: Boolean, resultMsg: Message): Boolean {
            val opened = BankWindow()
            banks.addLast(opened)
            screen.addView(opened)
            (resultMsg.obj as WebView.WebViewTransport).webView = opened.web
            resultMsg.sendToTarget()
            return true
        }

        override fun onCloseWindow(window: WebView) {
            banks.find { it.web === window }?.let(::close)
        }
    }

    /** The bank's page under a line that says whose it is: people must see where they type. */
    private inner class BankWindow : LinearLayout(this@SignInActivity) {
        private val host = TextView(context).apply { setPadding(PADDING, PADDING, PADDING, PADDING) }
        val web = webView().apply {
            webChromeClient = Windows()
            webViewClient = Addresses { address -> host.text = address.host }
        }

        init {
            orientation = VERTICAL
            setBackgroundColor(android.graphics.Color.WHITE)
            addView(host)
            addView(web, LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.MATCH_PARENT))
        }
    }

    /** Web addresses stay in their WebView; anything else is a bank's own app, and opens that. */
    private inner class Addresses(private val moved: (Uri) -> Unit = {}) : WebViewClient() {
        override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
            if (request.url.scheme == "https") return false
            try {
                startActivity(Intent(Intent.ACTION_VIEW, request.url).addCategory(Intent.CATEGORY_BROWSABLE))
            } catch (missing: ActivityNotFoundException) {
                onError("NoAppFor " + request.url.scheme)
            }
            return true
        }

        override fun onPageStarted(view: WebView, url: String, favicon: android.graphics.Bitmap?) = moved(Uri.parse(url))
    }

    private inner class Back : OnBackPressedCallback(true) {
        override fun handleOnBackPressed() {
            val front = banks.lastOrNull()
            val web = front?.web ?: page
            when {
                web.canGoBack() -> web.goBack()
                front != null -> close(front)
                else -> finish()
            }
        }
    }

    private companion object {
        const val ORIGIN = "https://shop.example.com"
        const val PAGE = "$ORIGIN/in-app/bank"
        const val PADDING = 24
    }
}
